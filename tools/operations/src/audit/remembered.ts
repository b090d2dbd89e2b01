import { readFile } from "node:fs/promises";
import { replaceFile } from "@sark/observability/files";
import { CommandError, EXIT } from "../exit-code.ts";

/** `--remember`: the checkpoint that was verified last; `null` at the first time. */
export async function readRemembered(file: string): Promise<string | null> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    const { code = "" } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT") {
      return null;
    }
    throw new CommandError(EXIT.unable, `Cannot read ${file} (${code}).`, { cause });
  }
}

/** Replaces it as a whole; a crash leaves the one or the other. */
export async function remember(file: string, note: string): Promise<void> {
  try {
    await replaceFile(file, note);
  } catch (cause) {
    const { code = "" } = cause as NodeJS.ErrnoException;
    throw new CommandError(EXIT.unable, `Verified, but cannot remember it in ${file} (${code}).`, { cause });
  }
}
