import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";

const MEBIBYTE = 1024 * 1024;

/** Why there is no text of a file. */
export class UnreadInput extends Error {
  override readonly name = "UnreadInput";
  /** As the system says it, such as `ENOENT`; `null` where the file is too large. */
  readonly code: string | null;
  /** For a message, in brackets. */
  readonly reason: string;

  constructor(code: string | null, reason: string, options?: ErrorOptions) {
    super(reason, options);
    this.code = code;
    this.reason = reason;
  }
}

/** The text of a file or of a pipe, of which no more is held than is allowed. Rejects with `UnreadInput`. */
export async function readInput(file: string, maxMebibytes: number): Promise<string> {
  try {
    const pieces: Buffer[] = [];
    let length = 0;
    for await (const piece of createReadStream(file)) {
      pieces.push(piece as Buffer);
      length += (piece as Buffer).length;
      if (length > maxMebibytes * MEBIBYTE) {
        throw new UnreadInput(null, `${await sizeOf(file)}at most ${maxMebibytes} MiB are read`);
      }
    }
    return Buffer.concat(pieces).toString("utf8");
  } catch (cause) {
    if (cause instanceof UnreadInput) {
      throw cause;
    }
    const { code = "", message } = cause as NodeJS.ErrnoException;
    throw new UnreadInput(code, code === "" ? message : code, { cause });
  }
}

/** A pipe has none. */
async function sizeOf(file: string): Promise<string> {
  const stats = await stat(file);
  return stats.isFile() ? `it has ${(stats.size / MEBIBYTE).toFixed(1)} MiB, and ` : "";
}
