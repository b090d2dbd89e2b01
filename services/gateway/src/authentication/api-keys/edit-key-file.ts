import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { lockFolder, replaceFile } from "@sark/observability/files";
import { waitUntil } from "@sark/observability/waiting";
import { ApiKeyFileError, parseKeyFile, readKeyFile, type ApiKeyFile } from "./key-file.ts";

/** An edit takes milliseconds: a process that holds the file for longer than this hangs. */
const LOCK_TIMEOUT_MS = 10_000;

/**
 * Reads the file (an empty one where it is missing), and writes what `edit` makes of it; refuses what could not be read
 * again. One editor at a time, of all processes: a key that one of them revokes must not come back with what another one
 * had read before. Throws `ApiKeyFileError`.
 */
export async function editKeyFile(
  file: string,
  edit: (content: ApiKeyFile) => ApiKeyFile | Promise<ApiKeyFile>,
): Promise<void> {
  const locks = `${file}.lock`;
  await mkdir(locks, { recursive: true, mode: 0o700 });
  const lock: { release: (() => void) | null } = { release: null };
  const take = () => (lock.release = lockFolder(locks)) !== null;
  if (!(await waitUntil(take, { everyMs: 20, signal: AbortSignal.timeout(LOCK_TIMEOUT_MS) }))) {
    throw new ApiKeyFileError("locked", `${file} is being edited by another process; try again.`);
  }
  try {
    const text = `${JSON.stringify(await edit(await readOrStart(file)), null, 2)}\n`;
    parseKeyFile(file, text);
    await writePrivately(file, text);
  } finally {
    lock.release?.();
  }
}

async function readOrStart(file: string): Promise<ApiKeyFile> {
  try {
    return await readKeyFile(file);
  } catch (error) {
    if (error instanceof ApiKeyFileError && error.code === "missing") {
      return { version: 1, keys: [] };
    }
    throw error;
  }
}

export async function writePrivately(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await replaceFile(file, text);
}
