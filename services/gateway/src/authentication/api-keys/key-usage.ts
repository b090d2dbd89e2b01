import { readRegularFile, replaceFile } from "@sark/observability/files";
import { createSequence } from "@sark/observability/waiting";
import { z } from "zod";

const MAX_BYTES = 16 * 1024 * 1024;
const usageSchema = z.strictObject({
  version: z.literal(1),
  /** By the digest of the key: one that took the place of another is told from it. */
  used: z.record(z.string().regex(/^[0-9a-f]{64}$/), z.iso.datetime({ offset: true })),
});

/** When each key was used last, in milliseconds since 1970, by its digest. */
export type KeyUsage = ReadonlyMap<string, number>;

/** Beside the file of keys, which is its operator's alone to write. */
export function usageFileOf(keyFile: string): string {
  return `${keyFile}.used`;
}

/** What is known of it; nothing where no gateway has said anything yet. */
export function readKeyUsage(keyFile: string): KeyUsage {
  try {
    const text = readRegularFile(usageFileOf(keyFile), MAX_BYTES).toString("utf8");
    const { used } = usageSchema.parse(JSON.parse(text));
    return new Map(Object.entries(used).map(([digest, time]) => [digest, Date.parse(time)]));
  } catch {
    // It says what would be good to know, and nothing depends on it: what is broken is written anew.
    return new Map();
  }
}

/** Remembers in memory, and writes now and then. */
export interface KeyUsageRecord {
  used(digest: string): void;
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
  let isNew = false;
  let problem: string | null = null;
  const writing = createSequence();
  const timer = setInterval(() => void write(), intervalMs).unref();

  /** With what other gateways on this file have said meanwhile: each says all that it knows again. */
  async function merge(): Promise<void> {
    const all = new Map(readKeyUsage(keyFile));
    for (const [digest, time] of own) {
      all.set(digest, Math.max(time, all.get(digest) ?? 0));
    }
    const kept = [...all].filter(([digest]) => isKey(digest));
    const used = Object.fromEntries(kept.map(([digest, time]) => [digest, new Date(time).toISOString()]));
    await replaceFile(usageFileOf(keyFile), `${JSON.stringify({ version: 1, used })}\n`);
  }

  async function writeNew(): Promise<void> {
    if (!isNew) {
      return;
    }
    isNew = false;
    try {
      await merge();
      problem = null;
    } catch (error) {
      isNew = true;
      const { message } = error as Error;
      // Told once: a folder that cannot be written to, e.g. a mounted secret, stays so.
      if (problem === null) {
        failed({ message });
      }
      problem = message;
    }
  }
  const write = () => writing.run(writeNew);

  return {
    used(digest) {
      own.set(digest, Date.now());
      isNew = true;
    },
    async close() {
      clearInterval(timer);
      await write();
    },
  };
}
