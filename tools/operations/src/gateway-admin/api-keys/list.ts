import { readKeyFile, type ApiKeyRecord } from "@sark/gateway/api-keys";
import { buildCommand } from "@stricli/core";
import { styleFor } from "../../terminal/style.ts";
import { formatTable, type Column } from "../../terminal/table.ts";
import type { ToolContext } from "../../tool-context.ts";
import { EXIT_CODES, fileOf, keyFileFlags, onKeyFile, type KeyFileFlags } from "./key-file.ts";
import { jsonFlag } from "../../flags.ts";

interface ListFlags extends KeyFileFlags {
  readonly json: boolean;
}

export const listCommand = buildCommand<ListFlags, [], ToolContext>({
  func: list,
  parameters: {
    flags: {
      json: jsonFlag,
      ...keyFileFlags,
    },
  },
  docs: {
    brief: "List the keys, without anything that is secret",
    fullDescription: `Examples:
  gateway-admin api-keys list
  gateway-admin api-keys list --json

${EXIT_CODES}`,
  },
});

const COLUMNS: readonly Column<ApiKeyRecord>[] = [
  { title: "ID", value: ({ id }) => id },
  { title: "PRINCIPAL", value: ({ principal, type }) => `${type} ${principal}` },
  { title: "ROLES", value: ({ roles }) => roles.join(", ") },
  { title: "TENANT", value: ({ tenant }) => tenant ?? "" },
  { title: "CREATED", value: ({ created }) => created },
  { title: "EXPIRES", value: (key) => `${key.expires ?? "never"}${isExpired(key) ? " (expired)" : ""}` },
];

async function list(this: ToolContext, flags: ListFlags): Promise<void> {
  const { stdout, env } = this.process;
  const file = fileOf(flags, this);
  const { keys } = await onKeyFile(() => readKeyFile(file));
  if (flags.json) {
    const shown = keys.map(({ sha256: _digest, ...key }) => ({ ...key, expired: isExpired(key) }));
    stdout.write(`${JSON.stringify({ keys: shown })}\n`);
  } else if (keys.length === 0) {
    stdout.write(`There are no keys in ${file}.\n`);
  } else {
    stdout.write(formatTable(COLUMNS, keys, styleFor(stdout, env)));
  }
}

function isExpired({ expires }: Pick<ApiKeyRecord, "expires">): boolean {
  return expires !== null && Date.parse(expires) <= Date.now();
}
