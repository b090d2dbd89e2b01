import { open, readdir, rm, stat, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { syncFolder } from "@sark/observability/files";

/** One file of spooled events, oldest first by name. */
export interface Segment {
  readonly path: string;
  readonly bytes: number;
}

const PROBE_BYTES = 16 * 1024;
const NAME = /^spool-(\d{12})\.jsonl$/;

export function segmentPath(directory: string, number: number): string {
  return join(directory, `spool-${String(number).padStart(12, "0")}.jsonl`);
}

export function isSegment(name: string): boolean {
  return NAME.test(name);
}

/** What earlier processes left in the folder, in order. */
export async function findSegments(
  directory: string,
): Promise<{ readonly segments: readonly Segment[]; readonly nextNumber: number }> {
  const names = (await readdir(directory)).filter(isSegment).sort();
  const segments = await Promise.all(
    names.map(async (name) => {
      const path = join(directory, name);
      return { path, bytes: (await stat(path)).size };
    }),
  );
  return { segments, nextNumber: Number(NAME.exec(names.at(-1) ?? "")?.[1] ?? 0) + 1 };
}

/** A segment that is being written. */
export interface OpenSegment {
  readonly path: string;
  readonly bytes: number;
  /** Adds whole lines; they are on the disk when it resolves. After a failure nothing of them is left in the file. */
  append(lines: string): Promise<void>;
  close(): Promise<void>;
}

export async function openSegment(directory: string, number: number): Promise<OpenSegment> {
  const path = segmentPath(directory, number);
  const file = await open(path, "wx", 0o600);
  try {
    await syncFolder(directory);
  } catch (error) {
    await file.close();
    throw error;
  }
  let bytes = 0;
  return {
    path,
    get bytes() {
      return bytes;
    },
    async append(lines) {
      const buffer = Buffer.from(lines);
      try {
        await writeAll(file, buffer, bytes);
        await file.datasync();
      } catch (error) {
        // A line that is cut off would swallow the one written behind it.
        await file.truncate(bytes);
        throw error;
      }
      bytes += buffer.length;
    },
    close: () => file.close(),
  };
}

async function writeAll(file: FileHandle, buffer: Buffer, position: number): Promise<void> {
  for (let done = 0; done < buffer.length;) {
    const { bytesWritten } = await file.write(buffer, done, buffer.length - done, position + done);
    done += bytesWritten;
  }
}

/** Rejects when the disk of the folder does not take a file with a record of usual size now. */
export async function tryDisk(directory: string): Promise<void> {
  const path = join(directory, "probe");
  const file = await open(path, "w", 0o600);
  try {
    await file.writeFile(Buffer.alloc(PROBE_BYTES));
    await file.datasync();
  } finally {
    await file.close();
    await rm(path, { force: true });
  }
}

/** Adds a line to a file, and makes it where there is none; on the disk when it resolves: the only other copy is then removed. */
export async function appendDurably(directory: string, name: string, line: string): Promise<void> {
  const file = await open(join(directory, name), "a+", 0o600);
  try {
    // What a crash or a full disk cut off must not swallow this one.
    await file.appendFile(`${(await isCutOff(file)) ? "\n" : ""}${line}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await syncFolder(directory);
}

/** Whether its last line has no end. */
async function isCutOff(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat();
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, Math.max(0, size - 1));
  return size > 0 && buffer.toString() !== "\n";
}
