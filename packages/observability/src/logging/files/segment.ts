import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** One file of a log: lines `base`, `base + 1` and so on. */
export interface Segment {
  readonly base: number;
  /** When it was begun, in milliseconds since the epoch; whole seconds. */
  readonly since: number;
  readonly path: string;
  readonly compressed: boolean;
  /** On the disk. */
  readonly bytes: number;
  /** Since when no line is added, in milliseconds since the epoch; `Infinity` while lines are. */
  readonly closedAt: number;
}

const NAME = /^(?<log>[a-z-]+)\.(?<base>\d{16})\.(?<since>\d{8}T\d{6}Z)\.jsonl(?<gz>\.gz)?$/;

/** Names sort by number, and so by time: `application.0000000000000000.20260301T080000Z.jsonl`. */
export function segmentPath(directory: string, log: string, base: number, since: number): string {
  const time = new Date(since).toISOString().replace(/[-:]|\.\d{3}/g, "");
  return join(directory, `${log}.${String(base).padStart(16, "0")}.${time}.jsonl`);
}

/** The segments of a log that lie in a folder, oldest first, all taken for closed. Throws when the folder cannot be read. */
export function findSegments(directory: string, log: string, now: number): Segment[] {
  const segments = readdirSync(directory).flatMap((name) => {
    const groups = NAME.exec(name)?.groups;
    if (groups?.["log"] !== log) {
      return [];
    }
    const path = join(directory, name);
    const { size, mtimeMs } = statSync(path);
    return {
      base: Number(groups["base"]),
      since: parseTime(groups["since"] ?? ""),
      path,
      compressed: groups["gz"] !== undefined,
      bytes: size,
      // A clock that was set back must not make it wait for years.
      closedAt: Math.min(mtimeMs, now),
    };
  });
  return segments.sort((a, b) => a.base - b.base || Number(a.compressed) - Number(b.compressed));
}

function parseTime(text: string): number {
  return Date.parse(text.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, "$1-$2-$3T$4:$5:$6Z"));
}
