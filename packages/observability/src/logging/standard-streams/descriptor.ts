import { closeSync, constants, fstatSync, openSync, writeSync } from "node:fs";
import { isatty } from "node:tty";

/** Something to write to, and whether a write returns at once when the reader's buffer is full. */
export interface Descriptor {
  readonly number: number;
  readonly nonBlocking: boolean;
}

/**
 * A standard stream as a descriptor that does not block, where its reader can stand still: a pipe or socket that is not
 * read, a terminal that a person stopped. Where the system offers no way to that, writes block as usual.
 */
export function openWithoutBlocking(stream: 1 | 2): Descriptor {
  if (isatty(stream)) {
    return reopened(stream);
  }
  const stats = fstatSync(stream);
  if (!stats.isFIFO() && !stats.isSocket()) {
    return { number: stream, nonBlocking: false };
  }
  // Node.js makes pipes and sockets non-blocking with its own stream object, and undoes it at exit, since other
  // processes may share them.
  void (stream === 1 ? process.stdout : process.stderr);
  return { number: stream, nonBlocking: true };
}

/** A terminal opened once more: the flag then is not shared with the shell, which reads from the same one. */
function reopened(stream: 1 | 2): Descriptor {
  try {
    const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants;
    const number = openSync(`/proc/self/fd/${stream}`, O_WRONLY | O_NONBLOCK | O_NOCTTY);
    if (isatty(number)) {
      return { number, nonBlocking: true };
    }
    closeSync(number);
  } catch {
    // No such way on this system.
  }
  return { number: stream, nonBlocking: false };
}

/** Writes as much as the reader's buffer has room for: bytes written, 0 when it is full. Throws when the reader is away. */
export function writeSome({ number }: Descriptor, bytes: Buffer): number {
  try {
    return writeSync(number, bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EAGAIN") {
      return 0;
    }
    throw error;
  }
}
