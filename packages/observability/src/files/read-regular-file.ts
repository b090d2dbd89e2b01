import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";

/**
 * The content of a regular file, read at once. It is opened without waiting: a pipe that no program writes would hold
 * the process for ever. Throws for what is no regular file, or a longer one.
 */
export function readRegularFile(path: string, maxBytes: number): Buffer {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(file);
    if (!stats.isFile() || stats.size > maxBytes) {
      throw new Error(`not a regular file of at most ${maxBytes} bytes`);
    }
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}
