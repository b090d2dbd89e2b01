import type * as apiKeys from "@sark/gateway/api-keys";
import { CommandError, EXIT } from "../../exit-code.ts";
import { localApiKeysFile } from "../../local-gateway.ts";
import type { ToolContext } from "../../tool-context.ts";

/** Flag of every command that works on the file of keys. */
export interface KeyFileFlags {
  readonly file?: string;
}

export const keyFileFlags = {
  file: {
    kind: "parsed",
    parse: (value: string) => value,
    optional: true,
    placeholder: "FILE",
    brief:
      "The file; default SARK_AUTHENTICATION_API_KEYS_FILE, or api-keys.json in SARK_DATA_DIRECTORY or .sark",
  },
} as const;

export function fileOf({ file }: KeyFileFlags, { process }: ToolContext): string {
  return file ?? localApiKeysFile(process.env);
}

/** Runs what reads or edits the file, and says what is wrong with it. Rejects with a `CommandError`. */
export async function onKeyFile<T>(work: (keys: typeof apiKeys) => Promise<T>): Promise<T> {
  const keys = await import("@sark/gateway/api-keys");
  try {
    return await work(keys);
  } catch (cause) {
    if (!(cause instanceof keys.ApiKeyFileError)) {
      throw cause;
    }
    const isTheirs = ["taken", "unknown_id", "overlapping"].includes(cause.code);
    throw new CommandError(isTheirs ? EXIT.usage : EXIT.unable, cause.message, { cause });
  }
}

export const EXIT_CODES = {
  0: "it is done",
  2: "the command line is wrong",
  3: "the file cannot be read or written",
} as const;
