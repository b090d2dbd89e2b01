import { readFile } from "node:fs/promises";
import { replaceFile } from "@sark/observability/files";
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

/** A file of three lines, the checkpoint's text; replaced as a whole, never written over. */
export function fileMemory(path: string): CheckpointMemory {
  return {
    async load() {
      let text: string;
      try {
        text = await readFile(path, "utf8");
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
