import { closeSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { crc32 } from "node:zlib";
import type { TimeSpan } from "../scan/scan.ts";

/** Lines of a file, as the index knows them: first byte and bytes of them, unpacked, and the earliest and latest time. */
export interface IndexedBlock {
  readonly offset: number;
  readonly length: number;
  /** Time of the line before the block, which lines without a time inherit. */
  readonly before: number | null;
  /** `null` where no line bears a time, nor one before them. */
  readonly times: TimeSpan | null;
}

/** What is known of a file, from its beginning on. */
export interface FileIndex {
  /** Unpacked bytes that it stands for. */
  readonly length: number;
  /** Of all its lines, as of a block's. */
  readonly times: TimeSpan | null;
  /** Without gaps. They are read when they are asked for: of most files none is wanted. */
  blocks(): readonly IndexedBlock[];
}

/**
 * The times of the blocks of the log files in a folder, kept in one file beside them. Whatever is wrong with it, or has
 * become of a log file since, makes the index know nothing: it never leaves out a line.
 */
export interface TimeIndex {
  of(path: string): FileIndex;
  /** `bytes`: of the file on the disk, what the blocks stand for. */
  learn(path: string, bytes: number, blocks: readonly IndexedBlock[]): void;
  /** Writes what was learnt. Does nothing where nothing was, or where the folder cannot be written to. */
  save(): Promise<void>;
}

const NAME = ".time-index.json";
const TAIL_BYTES = 4_096;
/** Of what is written; another one is not read. */
const VERSION = "2";
const UNKNOWN: FileIndex = { length: 0, times: null, blocks: () => [] };
/** Between what is known of a file and its blocks; JSON has it in no text. */
const SEPARATOR = "\t";

/** A file as it was: another one of the same name is another file. */
interface FileState {
  readonly inode: string;
  /** On the disk, of what is indexed. */
  readonly bytes: number;
  readonly modified: number;
}

interface Entry extends FileState {
  /** Checksum of what is before `bytes`: a file that only grew still has it. */
  readonly tail: number;
  readonly length: number;
  readonly times: TimeSpan | null;
  /** JSON of offset, length, time before, earliest, latest of each. */
  readonly blocks: string;
}
type PackedBlock = readonly [number, number, number | null, number | null, number | null];

export function openTimeIndex(folder: string): TimeIndex {
  const path = join(folder, NAME);
  const files = readIndex(path);
  let learnt = false;
  return {
    of(file) {
      const known = files.get(basename(file));
      if (known === undefined || !stillTrue(file, known)) {
        return UNKNOWN;
      }
      const { length, times, blocks } = known;
      return { length, times, blocks: () => (JSON.parse(blocks) as PackedBlock[]).map(toBlock) };
    },
    learn(file, bytes, blocks) {
      const now = look(file);
      if (now !== null && now.bytes >= bytes) {
        const { inode, modified } = now;
        files.set(basename(file), {
          inode,
          bytes,
          modified,
          tail: tailBefore(file, bytes),
          length: blocks.reduce((sum, { length }) => sum + length, 0),
          times: spanOf(blocks),
          blocks: JSON.stringify(blocks.map(fromBlock)),
        });
        learnt = true;
      }
    },
    async save() {
      if (!learnt) {
        return;
      }
      const lines = [...files]
        .filter(([name]) => look(join(folder, name)) !== null)
        .map(
          ([name, { blocks, ...known }]) => `${JSON.stringify({ name, ...known })}${SEPARATOR}${blocks}\n`,
        );
      const { replaceFile } = await import("@sark/observability/files");
      // A folder that is not ours to write to has no index.
      await replaceFile(path, withChecksum(lines.join(""))).catch(() => undefined);
    },
  };
}

function readIndex(path: string): Map<string, Entry> {
  try {
    const text = readFileSync(path, "utf8");
    const body = text.slice(text.indexOf("\n") + 1);
    // What has the right checksum was written above.
    return withChecksum(body) === text ? new Map(body.split("\n").filter(Boolean).map(readEntry)) : new Map();
  } catch {
    return new Map();
  }
}

function readEntry(line: string): [name: string, entry: Entry] {
  const end = line.indexOf(SEPARATOR);
  const { name, ...known } = JSON.parse(line.slice(0, end)) as Omit<Entry, "blocks"> & { name: string };
  return [name, { ...known, blocks: line.slice(end + 1) }];
}

/** It tells damage, and no more: who may write to the folder may change the logs, too. */
function withChecksum(body: string): string {
  return `${VERSION} ${crc32(body)}\n${body}`;
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

function look(path: string): FileState | null {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined
    ? null
    : { inode: String(stats.ino), bytes: stats.size, modified: stats.mtimeMs };
}

function tailBefore(path: string, end: number): number {
  const file = openSync(path, "r");
  try {
    const tail = Buffer.alloc(Math.min(TAIL_BYTES, end));
    const read = readSync(file, tail, 0, tail.length, end - tail.length);
    return crc32(tail.subarray(0, read));
  } finally {
    closeSync(file);
  }
}

function spanOf(blocks: readonly IndexedBlock[]): TimeSpan | null {
  let [earliest, latest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { times } of blocks) {
    earliest = Math.min(earliest, times?.earliest ?? earliest);
    latest = Math.max(latest, times?.latest ?? latest);
  }
  return earliest <= latest ? { earliest, latest } : null;
}

function toBlock([offset, length, before, earliest, latest]: PackedBlock): IndexedBlock {
  return {
    offset,
    length,
    before,
    times: earliest === null || latest === null ? null : { earliest, latest },
  };
}

function fromBlock({ offset, length, before, times }: IndexedBlock): PackedBlock {
  return [offset, length, before, times?.earliest ?? null, times?.latest ?? null];
}
