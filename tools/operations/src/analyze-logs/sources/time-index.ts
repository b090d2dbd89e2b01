import { createHash } from "node:crypto";
import { closeSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { replaceFile } from "@sark/observability/files";

/** Lines of a file, as the index knows them: first byte and bytes of them, unpacked, and the earliest and latest time. */
export interface IndexedBlock {
  readonly offset: number;
  readonly length: number;
  /** Time of the line before the block, which lines without a time inherit. */
  readonly before: number | null;
  /** `null` where no line bears a time, nor one before them. */
  readonly times: { readonly earliest: number; readonly latest: number } | null;
}

/** What is known of a file: blocks without gaps from its beginning on. */
export interface FileIndex {
  readonly blocks: readonly IndexedBlock[];
}

/**
 * The times of the blocks of the log files in a folder, kept in one file beside them. Whatever is wrong with it, or has
 * become of a log file since, makes the index know nothing: it never leaves out a line.
 */
export interface TimeIndex {
  of(path: string): FileIndex;
  /** `bytes`: of the file on the disk, what the blocks stand for. */
  learn(path: string, bytes: number, index: FileIndex): void;
  /** Writes what was learnt. Does nothing where nothing was, or where the folder cannot be written to. */
  save(): Promise<void>;
}

const NAME = ".time-index.json";
const TAIL_BYTES = 4_096;
/** Of what is written; another one is not read. */
const VERSION = "1";
const UNKNOWN: FileIndex = { blocks: [] };

interface Entry {
  /** Of the file as it was: another one of the same name is another file. */
  readonly inode: string;
  /** On the disk, of what is indexed. */
  readonly bytes: number;
  readonly modified: number;
  /** Hash of what is before `bytes`: a file that only grew still has it. */
  readonly tail: string;
  /** Offset, length, time before, earliest, latest. */
  readonly blocks: readonly (readonly [number, number, number | null, number | null, number | null])[];
}

export function openTimeIndex(folder: string): TimeIndex {
  const path = join(folder, NAME);
  const files = new Map(Object.entries(readIndex(path)));
  let learnt = false;
  return {
    of(file) {
      const known = files.get(basename(file));
      return known !== undefined && stillTrue(file, known) ? { blocks: known.blocks.map(toBlock) } : UNKNOWN;
    },
    learn(file, bytes, { blocks }) {
      const now = look(file);
      if (now !== null && now.bytes >= bytes) {
        const { inode, modified } = now;
        const entry = {
          inode,
          bytes,
          modified,
          tail: tailBefore(file, bytes),
          blocks: blocks.map(fromBlock),
        };
        files.set(basename(file), entry);
        learnt = true;
      }
    },
    async save() {
      if (!learnt) {
        return;
      }
      const known = [...files].filter(([name]) => look(join(folder, name)) !== null);
      const body = JSON.stringify({ files: Object.fromEntries(known) });
      // A folder that is not ours to write to has no index.
      await replaceFile(path, `${digest(`${VERSION}${body}`)}\n${body}`).catch(() => undefined);
    },
  };
}

function readIndex(path: string): Record<string, Entry> {
  try {
    const text = readFileSync(path, "utf8");
    const [sum, body] = [text.slice(0, 64), text.slice(65)];
    // What has the right sum was written below.
    return digest(`${VERSION}${body}`) === sum
      ? (JSON.parse(body) as { files: Record<string, Entry> }).files
      : {};
  } catch {
    return {};
  }
}

/** Lines are only ever added to a log file; one that was changed otherwise has to be read again. */
function stillTrue(path: string, known: Entry): boolean {
  const now = look(path);
  if (now === null || now.inode !== known.inode) {
    return false;
  }
  return now.bytes === known.bytes && now.modified === known.modified
    ? true
    : now.bytes > known.bytes && tailBefore(path, known.bytes) === known.tail;
}

function look(path: string): Pick<Entry, "inode" | "bytes" | "modified"> | null {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined
    ? null
    : { inode: String(stats.ino), bytes: stats.size, modified: stats.mtimeMs };
}

function tailBefore(path: string, end: number): string {
  const file = openSync(path, "r");
  try {
    const tail = Buffer.alloc(Math.min(TAIL_BYTES, end));
    const read = readSync(file, tail, 0, tail.length, end - tail.length);
    return digest(tail.subarray(0, read));
  } finally {
    closeSync(file);
  }
}

function digest(data: string | Buffer): string {
  return createHash("sha256").update(data).digest("hex");
}

function toBlock([offset, length, before, earliest, latest]: Entry["blocks"][number]): IndexedBlock {
  return {
    offset,
    length,
    before,
    times: earliest === null || latest === null ? null : { earliest, latest },
  };
}

function fromBlock({ offset, length, before, times }: IndexedBlock): Entry["blocks"][number] {
  return [offset, length, before, times?.earliest ?? null, times?.latest ?? null];
}
