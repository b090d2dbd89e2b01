import { readFile, rename, writeFile } from "node:fs/promises";
import { CommandError, EXIT } from "../exit-code.ts";

/** `--remember`: the checkpoint that was verified last; `null` at the first time. */
export async function readRemembered(file: string): Promise<string | null> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    const { code = "" } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT") return null;
    throw new CommandError(EXIT.unable, `Cannot read ${file} (${code}).`, { cause });
  }
}

/** Replaces it as a whole. */
export async function remember(file: string, note: string): Promise<void> {
  const temporary = `${file}.${process.pid}`;
  try {
    await writeFile(temporary, note, { mode: 0o600 });
    await rename(temporary, file);
  } catch (cause) {
    const { code = "" } = cause as NodeJS.ErrnoException;
    throw new CommandError(EXIT.unable, `Verified, but cannot remember it in ${file} (${code}).`, { cause });
  }
}
