import { replaceFile } from "@sark/observability/files";
import { CommandError, EXIT } from "../exit-code.ts";
import { readInput, type UnreadInput } from "./read-input.ts";

/** Of one checkpoint, with all signatures that there may be. */
const MAX_MEBIBYTES = 1;

/** `--remember`: the checkpoint that was verified last; `null` at the first time. */
export async function readRemembered(file: string): Promise<string | null> {
  try {
    return await readInput(file, MAX_MEBIBYTES);
  } catch (cause) {
    const { code, reason } = cause as UnreadInput;
    if (code === "ENOENT") {
      return null;
    }
    throw new CommandError(EXIT.unable, `Cannot read ${file} (${reason}).`, { cause });
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
