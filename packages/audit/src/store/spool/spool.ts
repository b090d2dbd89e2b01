import { rm } from "node:fs/promises";
import { foldersAround, syncFolder } from "@sark/observability/files";
import { createSequence } from "@sark/observability/waiting";
import { AuditError } from "../../errors.ts";
import type { AcceptedEvent } from "../../events/accepted-event.ts";
import { createGroupCommit } from "../writing/group-commit.ts";
import { claimDirectory } from "./claim-directory.ts";
import { encodeLine } from "./line.ts";
import {
  appendDurably,
  findSegments,
  openSegment,
  tryDisk,
  type OpenSegment,
  type Segment,
} from "./segment-file.ts";

/** Where records wait on the disk while the database takes none, and how many bytes they may take. */
export interface SpoolSettings {
  /** A folder that only this process uses, on a disk that survives it. */
  readonly directory: string;
  /** How many further folders, `DIRECTORY-2` and so on, may be taken where other processes use it. Default 0. */
  readonly alternatives?: number;
  /** Bytes on disk; beyond them records are refused. Default 256 MiB. */
  readonly maxBytes?: number;
}

/** Records that wait on disk for the database. */
export interface Spool {
  /** Resolves once the event is on the disk. Rejects with `spool_failed` or `overloaded`. */
  append(event: AcceptedEvent): Promise<void>;
  /** The oldest file that is no longer written to; closes the current one if there is no older. `null` when empty. */
  takeOldest(): Promise<Segment | null>;
  /** Call when all of its events are in the database. */
  remove(segment: Segment): Promise<void>;
  /** Keeps a line that cannot go to the database, with the reason, until an operator looks at it. */
  quarantine(line: string, reason: string): Promise<void>;
  /** Resolves when a record of a call would be taken, as far as can be told; rejects with `spool_failed`. */
  check(): Promise<void>;
  /** Resolves when what earlier processes left has been found. */
  readonly opened: Promise<void>;
  readonly bytes: number;
  readonly maxBytes: number;
  close(): Promise<void>;
}

const SEGMENT_BYTES = 8 * 1024 * 1024;
/** This part of the room is kept for outcomes: the calls that fill the rest have theirs on record, too. */
const RESERVED_PART = 8;
/** A disk that took what was tried counts as well for as long, in milliseconds: health asks every two seconds, for years. */
const TRIED_MS = 10_000;
/** With less room than this, or than a 64th of it, the next records hardly fit. */
const LITTLE_ROOM = 64 * 1024;

/** Throws `invalid_settings` when another process uses the folder. */
export function openSpool(settings: SpoolSettings, onChange: (bytes: number) => void): Spool {
  const { maxBytes = 256 * 1024 * 1024 } = settings;
  const { directory, made, release } = claimDirectory(settings.directory, settings.alternatives ?? 0);
  const closed: Segment[] = [];
  let current: OpenSegment | null = null;
  let nextNumber = 1;
  /** When the disk took what was tried last; before all, after a failure. */
  let tookAt = Number.NEGATIVE_INFINITY;

  /** Appending and rotating, after what was left was found, and the folder outlives a power cut. */
  const work = createSequence();
  const found = work.run(async () => {
    for (const folder of foldersAround(directory, made)) {
      await syncFolder(folder);
    }
    const left = await findSegments(directory);
    closed.push(...left.segments);
    nextNumber = left.nextNumber;
    onChange(total());
  });
  found.catch(() => undefined);

  function total(): number {
    return closed.reduce((sum, { bytes }) => sum + bytes, current?.bytes ?? 0);
  }

  const intentBytes = maxBytes - maxBytes / RESERVED_PART;
  const full = () => new AuditError("spool_failed", `The spool ${directory} is full (${maxBytes} bytes).`);
  const unwritable = (cause: unknown) =>
    new AuditError("spool_failed", `The spool ${directory} cannot be written.`, { cause });

  async function rotate(): Promise<void> {
    const last = current;
    current = null;
    if (last === null) {
      return;
    }
    const { path, bytes } = last;
    if (bytes > 0) {
      closed.push({ path, bytes });
    }
    await last.close();
    if (bytes === 0) {
      // A disk that takes nothing for hours must not be given a file for each attempt.
      await rm(path, { force: true });
    }
  }

  async function write(batch: readonly AcceptedEvent[]): Promise<readonly (true | AuditError)[]> {
    const lines: string[] = [];
    let bytes = total();
    const results = batch.map((event) => {
      const line = encodeLine(event);
      const size = Buffer.byteLength(line);
      if (bytes + size > (event.record.phase === "outcome" ? maxBytes : intentBytes)) {
        return full();
      }
      bytes += size;
      lines.push(line);
      return true as const;
    });
    if (lines.length > 0) {
      await add(lines.join(""));
    }
    return results;
  }

  async function add(lines: string): Promise<void> {
    try {
      if (current !== null && current.bytes >= SEGMENT_BYTES) {
        await rotate();
      }
      current ??= await openSegment(directory, nextNumber++);
      await current.append(lines);
    } catch (cause) {
      tookAt = Number.NEGATIVE_INFINITY;
      // Whatever is wrong with this file, the next attempt takes a new one.
      await rotate().catch(() => undefined);
      throw unwritable(cause);
    }
    onChange(total());
  }

  const commits = createGroupCommit<AcceptedEvent, true>({
    write: (batch) => work.run(() => write(batch)),
    sizeOf: ({ canonical }) => canonical.length,
    queueLimit: 10_000,
    queueBytes: 64 * 1024 * 1024,
    maxBatch: 1_000,
    maxBatchBytes: 8 * 1024 * 1024,
    onChange: () => undefined,
  });

  return {
    append: (event) => commits.append(event).then(() => undefined),
    takeOldest: () =>
      work.run(async () => {
        if (closed.length === 0 && current !== null && current.bytes > 0) {
          await rotate();
        }
        return closed[0] ?? null;
      }),
    remove: (segment) =>
      work.run(async () => {
        await rm(segment.path, { force: true });
        closed.splice(closed.indexOf(segment), 1);
        onChange(total());
      }),
    quarantine: (line, reason) =>
      appendDurably(directory, "quarantine.jsonl", JSON.stringify({ reason, line })),
    async check() {
      await found.catch((cause: unknown) => Promise.reject(unwritable(cause)));
      if (intentBytes - total() < Math.min(LITTLE_ROOM, intentBytes / 64)) {
        throw full();
      }
      // A disk that is full or failing is found before records need it, and found to be well again without any.
      if (performance.now() - tookAt < TRIED_MS) {
        return;
      }
      tookAt = Number.NEGATIVE_INFINITY;
      await tryDisk(directory).catch((cause: unknown) => Promise.reject(unwritable(cause)));
      tookAt = performance.now();
    },
    opened: found,
    get bytes() {
      return total();
    },
    maxBytes,
    async close() {
      try {
        await commits.close();
        await work.run(rotate);
      } finally {
        release();
      }
    },
  };
}
