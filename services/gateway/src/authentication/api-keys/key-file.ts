import { constants, open, type FileHandle } from "node:fs/promises";
import { fileExposure } from "@sark/observability/files";
import { fileSchema, type ApiKeyFile } from "./key-schema.ts";

export type { ApiKeyFile, ApiKeyRecord } from "./key-schema.ts";

/**
 * `missing`: there is no such file; `exposed`: others than its owner may read it; `invalid`: it does not say what it
 * should; `locked`: another process edits it; `taken`, `unknown_id`: there is a key of this id, or none;
 * `overlapping`: too many keys that it took the place of are still good.
 */
export type ApiKeyFileErrorCode =
  | "missing"
  | "exposed"
  | "invalid"
  | "unreadable"
  | "locked"
  | "taken"
  | "unknown_id"
  | "overlapping";

export class ApiKeyFileError extends Error {
  override readonly name = "ApiKeyFileError";
  readonly code: ApiKeyFileErrorCode;

  constructor(code: ApiKeyFileErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

const MAX_BYTES = 64 * 1024 * 1024;

/** Reads the file and checks it; throws `ApiKeyFileError`. */
export async function readKeyFile(path: string): Promise<ApiKeyFile> {
  return parseKeyFile(path, await readKeyFileText(path));
}

/** The text alone, once it is certain that the owner alone can read or write it. */
export async function readKeyFileText(path: string): Promise<string> {
  let file: FileHandle;
  try {
    // Without waiting: behind a pipe that no program writes, no later edit would be seen.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new ApiKeyFileError(
      code === "ENOENT" ? "missing" : "unreadable",
      code === "ENOENT"
        ? `There is no file of API keys at ${path}.`
        : `Cannot read the API keys: ${message}.`,
      { cause },
    );
  }
  try {
    const stats = await file.stat();
    const exposure = fileExposure(path, stats);
    if (exposure !== null) {
      throw new ApiKeyFileError("exposed", exposure);
    }
    if (!stats.isFile() || stats.size > MAX_BYTES) {
      throw new ApiKeyFileError("invalid", `${path} is not a regular file of at most ${MAX_BYTES} bytes.`);
    }
    return await file.readFile("utf8");
  } finally {
    await file.close();
  }
}

export function parseKeyFile(path: string, text: string): ApiKeyFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ApiKeyFileError("invalid", `${path} is not JSON: ${(cause as Error).message}`, { cause });
  }
  const parsed = fileSchema.safeParse(value);
  if (parsed.success) {
    return parsed.data;
  }
  const problems = parsed.error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  throw new ApiKeyFileError("invalid", `${path} is not valid: ${problems.join("; ")}`);
}
