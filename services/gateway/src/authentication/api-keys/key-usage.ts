import { appendFile, stat } from "node:fs/promises";
import { readRegularFile, replaceFile } from "@sark/observability/files";
import { createSequence } from "@sark/observability/waiting";
import { z } from "zod";

const MAX_BYTES = 32 * 1024 * 1024;
/** As files before this form were, and as one is where it was written whole. */
const usageSchema = z.strictObject({
  version: z.literal(1),
  /** By the digest of the key: one that took the place of another is told from it. */
  used: z.record(z.string().regex(/^[0-9a-f]{64}$/), z.iso.datetime({ offset: true })),
});
/** A line that was added since: the digest and the time. */
const LINE = /^([0-9a-f]{64}) (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)$/;
/** What is added until all is written whole again: as much as there was then, and so much in any case. */
const ADDED_BYTES = 64 * 1024;

/** When each key was used last, in milliseconds since 1970, by its digest. */
export type KeyUsage = ReadonlyMap<string, number>;

/** Beside the file of keys, which is its operator's alone to write. */
export function usageFileOf(keyFile: string): string {
  return `${keyFile}.used`;
}

/** What is known of it; nothing where no gateway has said anything yet. */
export function readKeyUsage(keyFile: string): KeyUsage {
  const usage = new Map<string, number>();
  try {
    const [whole = "", ...added] = readRegularFile(usageFileOf(keyFile), MAX_BYTES)
      .toString("utf8")
      .split("\n");
    const { used } = usageSchema.parse(JSON.parse(whole));
    for (const [digest, time] of Object.entries(used)) {
      usage.set(digest, Date.parse(time));
    }
    for (const line of added) {
      // The last one may be of a process that was killed while it wrote.
      const [, digest, time] = LINE.exec(line) ?? [];
      if (digest !== undefined && time !== undefined) {
        usage.set(digest, Math.max(Date.parse(time), usage.get(digest) ?? 0));
      }
    }
    return usage;
  } catch {
    // It says what would be good to know, and nothing depends on it: what is broken is written anew.
    return new Map();
  }
}

/** Remembers in memory, and writes now and then. */
export interface KeyUsageRecord {
  used(digest: string): void;
  /** There are other keys now: those that are missing are forgotten with the next write. */
  keysChanged(): void;
  /** Writes what is new; never rejects. */
  close(): Promise<void>;
}

export interface KeyUsageOptions {
  readonly keyFile: string;
  /** Keys that there are: others are forgotten. */
  isKey(digest: string): boolean;
  failed(event: { readonly message: string }): void;
  /** Time between two writes. Default: a minute. */
  readonly intervalMs?: number;
}

export function recordKeyUsage(options: KeyUsageOptions): KeyUsageRecord {
  const { keyFile, isKey, failed, intervalMs = 60_000 } = options;
  const own = new Map<string, number>();
  /** Used since the last write began: a write costs what has changed, and not what there is. */
  let news = new Set<string>();
  /** Bytes beyond which all is written whole again; `null` before this process has done that once. */
  let limit: number | null = null;
  /** Which file that is. */
  let whole = 0;
  let problem: string | null = null;
  const writing = createSequence();
  const timer = setInterval(() => void writeInTurn(), intervalMs).unref();

  async function write(changed: ReadonlySet<string>): Promise<void> {
    const file = usageFileOf(keyFile);
    const { size, ino } = await stat(file).catch(() => ({ size: Infinity, ino: 0 }));
    if (limit === null || size > limit) {
      await writeWhole(file);
      return;
    }
    // Another gateway has written it whole: what was added here meanwhile may be missing.
    const added = [...own].filter(([digest]) => ino !== whole || changed.has(digest));
    const lines = added.map(([digest, time]) => `${digest} ${timeOf(time)}\n`);
    // The line before may be one that a killed process left in its middle.
    await appendFile(file, `\n${lines.join("")}`);
    whole = ino;
  }

  /** With what other gateways on this file have said meanwhile: each says all that it knows again. */
  async function writeWhole(file: string): Promise<void> {
    const all = new Map(readKeyUsage(keyFile));
    for (const [digest, time] of own) {
      all.set(digest, Math.max(time, all.get(digest) ?? 0));
    }
    const kept = [...all].filter(([digest]) => isKey(digest));
    const used = Object.fromEntries(kept.map(([digest, time]) => [digest, timeOf(time)]));
    const text = `${JSON.stringify({ version: 1, used })}\n`;
    await replaceFile(file, text);
    limit = 2 * text.length + ADDED_BYTES;
    whole = (await stat(file)).ino;
  }

  async function writeNew(): Promise<void> {
    if (news.size === 0) {
      return;
    }
    // What is used while this is written is for the next write.
    const written = news;
    news = new Set();
    try {
      await write(written);
      problem = null;
    } catch (error) {
      own.forEach((_time, digest) => written.has(digest) && news.add(digest));
      const { message } = error as Error;
      // Told once: a folder that cannot be written to, e.g. a mounted secret, stays so.
      if (problem === null) {
        failed({ message });
      }
      problem = message;
    }
  }
  const writeInTurn = () => writing.run(writeNew);

  return {
    used(digest) {
      own.set(digest, Date.now());
      news.add(digest);
    },
    keysChanged() {
      limit = null;
      for (const digest of own.keys()) {
        if (!isKey(digest)) {
          own.delete(digest);
          news.delete(digest);
        }
      }
    },
    async close() {
      clearInterval(timer);
      await writeInTurn();
    },
  };
}

function timeOf(time: number): string {
  return new Date(time).toISOString();
}
