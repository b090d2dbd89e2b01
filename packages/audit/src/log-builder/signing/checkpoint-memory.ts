import { readRegularFile, replaceFile } from "@sark/observability/files";
import {
  formatCheckpoint,
  parseCheckpoint,
  type Checkpoint,
} from "../../transparency-log/notes/checkpoint.ts";
import { LogBuilderError } from "../errors.ts";

/**
 * Where a builder remembers the newest tree that it decided on, outside the database: what makes it notice a database
 * that was set back. `save` resolves only when the memory would survive a crash.
 */
export interface CheckpointMemory {
  load(): Promise<Checkpoint | null>;
  save(checkpoint: Checkpoint): Promise<void>;
}

/** The line of an origin is longer than the others. */
const MAX_BYTES = 64 * 1024;

/** A file of three lines, the checkpoint's text; replaced as a whole, never written over. */
export function fileMemory(path: string): CheckpointMemory {
  return {
    // `async`: what it throws is a rejection, as the interface has it.
    async load() {
      let text: string;
      try {
        text = readRegularFile(path, MAX_BYTES).toString("utf8");
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code === "ENOENT") {
          return null;
        }
        throw new LogBuilderError(
          "memory_unusable",
          `Cannot read ${path}, which remembers what was signed.`,
          { cause },
        );
      }
      try {
        return parseCheckpoint(text);
      } catch (cause) {
        throw new LogBuilderError(
          "memory_unusable",
          `${path} should hold the newest checkpoint's three lines and does not. Verify the log, then delete the file.`,
          { cause },
        );
      }
    },
    save: (checkpoint) => replaceFile(path, formatCheckpoint(checkpoint)),
  };
}
