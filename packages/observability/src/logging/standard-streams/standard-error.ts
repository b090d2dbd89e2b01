import { standardStream } from "./standard-stream.ts";

/** For what cannot be said anywhere else. */
export const standardError = {
  /** Never throws, and never waits for a reader that stands still. */
  write(lines: string): void {
    try {
      standardStream(2).write(lines, true);
    } catch {
      // Its reader is away.
    }
  },
};
