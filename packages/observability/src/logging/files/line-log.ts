import { mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { countNewlines } from "../../lines/count-newlines.ts";
import { beginSegment, continueSegment, type ActiveSegment } from "./active-segment.ts";
import type { LogName } from "./log-names.ts";
import { loadPosition } from "./position-file.ts";
import { findSegments, segmentPath, type Segment } from "./segment.ts";

export interface LineLogOptions {
  readonly directory: string;
  readonly name: LogName;
  /** A file is closed before it would grow beyond this. */
  readonly maxFileBytes: number;
  /** A file that was begun longer ago is closed. */
  readonly maxAgeMs: number;
  /** A file was closed: there is something to compress, maybe to remove. */
  rotated(): void;
  /** No new file can be made: the old one goes on, too large or too old. */
  rotationFailed(error: unknown): void;
  /** Another program removed the file that was written to, with this many lines. */
  vanished(lines: number): void;
  now?(): number;
}

/** Lines in files, numbered from 0 without gaps, over all restarts; only one process may write them. */
export interface LineLog {
  readonly name: LogName;
  readonly directory: string;
  /** The number that the next line gets. */
  readonly head: number;
  readonly bytes: number;
  /** Oldest first; the last one may still be written to. */
  segments(): readonly Segment[];
  /** Adds whole lines. Throws when they cannot be written; none of them is in the file then. */
  append(text: string, lines: number): void;
  /** Takes a closed segment out, or puts what it was made into at its place. `false` when it is not there any more. */
  replace(segment: Segment, by: Segment | null): boolean;
  close(): void;
}

/** How often it is looked whether the file is still there. */
const LOOK_MS = 100;
const MIN_TIMER_MS = 1_000;
const NEWLINE = 0x0a;
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Goes on where the last process stopped. Throws when the folder cannot be used. */
export function openLineLog(options: LineLogOptions): LineLog {
  const { directory, name, maxFileBytes, maxAgeMs, now = Date.now } = options;
  const found = withoutDuplicates(findSegments(directory, name, now()));
  const last = found.at(-1);
  let closed: readonly Segment[] = found;
  let active: ActiveSegment | null = null;
  let head = loadPosition(directory, name)?.next ?? 0;
  let lookedAt = 0;
  let ended = false;
  let timer: NodeJS.Timeout | undefined;
  if (last !== undefined && !last.compressed) {
    closed = found.slice(0, -1);
    const { segment, torn } = continueSegment(last);
    active = segment;
    const end = segment.base + segment.lines;
    head = Math.max(head, end);
    // Where the position is beyond the files, what was in between is lost; its numbers are not used again.
    if (torn || head > end) {
      retire(segment);
    }
  } else if (last !== undefined) {
    const lines = countCompressed(last);
    if (lines === null) {
      closed = found.slice(0, -1);
    }
    head = Math.max(head, last.base + (lines ?? 0));
  }
  schedule();

  function retire(segment: ActiveSegment): void {
    active = null;
    segment.close();
    if (!segment.isThere()) {
      return;
    }
    const { base, since, path, bytes, lines } = segment;
    if (lines > 0) {
      closed = [...closed, { base, since, path, bytes, compressed: false, closedAt: now() }];
    } else {
      rmSync(path, { force: true });
    }
  }

  function begin(): ActiveSegment {
    mkdirSync(directory, { recursive: true, mode: 0o750 });
    const since = Math.floor(now() / 1_000) * 1_000;
    const begun = beginSegment(segmentPath(directory, name, head, since), head, since);
    if (active !== null) {
      retire(active);
    }
    active = begun;
    schedule();
    return begun;
  }

  function schedule(): void {
    clearTimeout(timer);
    if (active === null) {
      return;
    }
    const dueMs = Math.max(MIN_TIMER_MS, active.since + maxAgeMs - now());
    timer = setTimeout(rotateByAge, Math.min(dueMs, maxAgeMs, MAX_TIMER_MS)).unref();
  }

  /** Also where the clock was set back that it was begun by: it would be written to for as long. */
  const isOld = ({ since, lines }: ActiveSegment) => lines > 0 && Math.abs(now() - since) >= maxAgeMs;

  /** Also when nothing is written any more. */
  function rotateByAge(): void {
    if (active !== null && isOld(active)) {
      rotate(active);
    } else {
      schedule();
    }
  }

  /** Where no new file can be made the old one goes on: too large is better than lost. */
  function rotate(current: ActiveSegment): ActiveSegment {
    try {
      const begun = begin();
      options.rotated();
      return begun;
    } catch (error) {
      options.rotationFailed(error);
      return current;
    }
  }

  /** The file was removed by another program: what goes into it from now on would be lost. */
  function leaveVanished(segment: ActiveSegment): void {
    options.vanished(segment.lines);
    retire(segment);
  }

  function writable(bytes: number): ActiveSegment {
    if (ended) {
      throw new Error("the log files are closed");
    }
    if (active !== null && Math.abs(now() - lookedAt) >= LOOK_MS) {
      lookedAt = now();
      if (!active.isThere()) {
        leaveVanished(active);
      }
    }
    if (active === null) {
      return begin();
    }
    const isFull = active.lines > 0 && active.bytes + bytes > maxFileBytes;
    return isFull || isOld(active) ? rotate(active) : active;
  }

  return {
    name,
    directory,
    get head() {
      return head;
    },
    get bytes() {
      return closed.reduce((sum, { bytes }) => sum + bytes, active?.bytes ?? 0);
    },
    segments: () =>
      active === null ? closed : [...closed, { ...active, compressed: false, closedAt: Infinity }],
    append(text, lines) {
      try {
        const content = Buffer.from(text);
        writable(content.length).append(content, lines);
      } catch (error) {
        if (active?.damaged === true) {
          retire(active);
        }
        throw error;
      }
      head += lines;
    },
    replace(segment, by) {
      const at = closed.indexOf(segment);
      if (at === -1) {
        return false;
      }
      closed = closed.toSpliced(at, 1, ...(by === null ? [] : [by]));
      return true;
    },
    close() {
      ended = true;
      clearTimeout(timer);
      if (active !== null) {
        retire(active);
      }
    },
  };
}

/** A crash between compressing a file and removing it leaves both; the compressed one is whole. */
function withoutDuplicates(segments: readonly Segment[]): readonly Segment[] {
  return segments.filter((segment) => {
    const again = segments.find(({ path }) => path === `${segment.path}.gz`);
    if (again !== undefined) {
      rmSync(segment.path, { force: true });
    }
    return again === undefined;
  });
}

/** `null` when it cannot be read; it is put out of the way then, so that its numbers mean nothing. */
function countCompressed({ path }: Segment): number | null {
  try {
    const content = gunzipSync(readFileSync(path));
    const torn = content.length > 0 && content.at(-1) !== NEWLINE;
    return countNewlines(content) + Number(torn);
  } catch {
    renameSync(path, `${path}.damaged`);
    return null;
  }
}
