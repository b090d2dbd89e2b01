import type { Line } from "../../lines/read-lines.ts";
import type { LineLog } from "./line-log.ts";
import { segmentLines } from "./segment-lines.ts";
import type { Segment } from "./segment.ts";

/** A line of a log over all of its files. Numbers begin with 0 and have no gaps. */
export interface NumberedLine {
  readonly number: number;
  /** Without its newline. */
  readonly text: string;
  /** When the file that it stands in was begun, in milliseconds since the epoch. */
  readonly since: number;
}

/** Reads a log from anywhere, compressed files too; quick where it goes on from where it stopped. */
export interface LineReader {
  /**
   * Lines from `from` on, at most `limit` and about `maxBytes` of them; at least one, unless there is none below the
   * log's head. Numbers whose lines were removed are left out. One call at a time. Rejects when a file cannot be read.
   */
  read(from: number, limit: number, maxBytes: number): Promise<readonly NumberedLine[]>;
  close(): Promise<void>;
}

/** A file being read. A closed one stays open: what is unpacked need not be unpacked again. */
interface OpenFile {
  readonly segment: Segment;
  readonly lines: AsyncGenerator<Line, void, void>;
  /** Of the next line, and where it begins in the uncompressed file. */
  number: number;
  offset: number;
  /** There is no more in it, for now. */
  done: boolean;
}

export function createLineReader(
  log: LineLog,
  unreadable: (file: string, error: unknown) => void,
): LineReader {
  let open: OpenFile | null = null;

  /** The segment that has a line, or the first one after it; `end` is the first number beyond it. */
  function find(number: number): { readonly segment: Segment; readonly end: number } | null {
    const segments = log.segments();
    for (const [at, segment] of segments.entries()) {
      const end = segments[at + 1]?.base ?? log.head;
      if (number < end) {
        return { segment, end };
      }
    }
    return null;
  }

  async function openAt(segment: Segment, number: number): Promise<OpenFile> {
    const known = open?.segment.base === segment.base && open.number <= number ? open : null;
    if (known !== null && !known.done) {
      return known;
    }
    await open?.lines.return();
    const { number: first, offset } = known ?? { number: segment.base, offset: 0 };
    open = { segment, lines: segmentLines(segment, offset), number: first, offset, done: false };
    return open;
  }

  /** The next line of a file; `null` where it ends, or cannot be unpacked any further. */
  async function nextLine(file: OpenFile, segment: Segment): Promise<Buffer | null> {
    try {
      const { value } = await file.lines.next();
      if (value === undefined) {
        file.done = true;
        return null;
      }
      file.number += 1;
      file.offset += value.length + 1;
      return value.bytes;
    } catch (error) {
      file.done = true;
      if (!isDamage(error)) {
        throw error;
      }
      unreadable(segment.path, error);
      return null;
    }
  }

  /** Reads on until the page is full or the segment's lines below `end` are read, as many as there are. */
  async function readSegment(segment: Segment, from: number, end: number, page: Page): Promise<void> {
    let file = await openAt(segment, from);
    while (file.number < end && !page.full()) {
      const number = file.number;
      const line = await nextLine(file, segment);
      if (line === null) {
        // It has grown since it was opened, or was compressed.
        const { path, bytes } = file.segment;
        if (path === segment.path && bytes === segment.bytes) {
          return;
        }
        file = await openAt(segment, number);
        continue;
      }
      if (number >= from) {
        page.add({ number, text: line.toString("utf8"), since: segment.since });
      }
    }
  }

  return {
    async read(from, limit, maxBytes) {
      const page = createPage(limit, maxBytes);
      let next = from;
      while (!page.full()) {
        const found = find(next);
        if (found === null) {
          break;
        }
        const { segment, end } = found;
        const begin = Math.max(next, segment.base);
        try {
          await readSegment(segment, begin, end, page);
        } catch (error) {
          if (!isMissing(error)) {
            throw error;
          }
          // Compressed in the meantime: it has another name now. Else another program removed it.
          if (find(begin)?.segment.path !== segment.path) {
            continue;
          }
          log.replace(segment, null);
        }
        // What the file should have and does not have is lost.
        next = end;
      }
      return page.lines;
    },
    async close() {
      await open?.lines.return();
      open = null;
    },
  };
}

interface Page {
  readonly lines: readonly NumberedLine[];
  full(): boolean;
  add(line: NumberedLine): void;
}

function createPage(limit: number, maxBytes: number): Page {
  const lines: NumberedLine[] = [];
  let characters = 0;
  return {
    lines,
    full: () => lines.length >= limit || characters >= maxBytes,
    add(line) {
      lines.push(line);
      characters += line.text.length;
    },
  };
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}

/** Errors of zlib: the file is not what it was when it was written. */
function isDamage(error: unknown): boolean {
  return String((error as NodeJS.ErrnoException).code).startsWith("Z_");
}
