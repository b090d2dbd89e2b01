import type pg from "pg";
import { readNewestSigned } from "../log-builder/checkpoint-table.ts";
import { readerOf, readTiles } from "../log-builder/tile-table.ts";
import { parseCheckpoint } from "../transparency-log/checkpoint.ts";
import { createCompactRange, type CompactRange } from "../transparency-log/compact-range.ts";
import { HASH_BYTES, leafHash } from "../transparency-log/hashing.ts";
import { parseNote } from "../transparency-log/signed-note.ts";
import { rangeHashes } from "../transparency-log/tile-hashes.ts";
import { TILE_WIDTH, tilesFor } from "../transparency-log/tile-layout.ts";
import type { BinaryRow } from "./binary-rows.ts";
import { VerificationError } from "./errors.ts";
import { formatCheckpointLine, formatEvent, formatHeader, formatSkip } from "./export-format.ts";
import { readLogged } from "./logged-leaves.ts";
import { withSnapshot, type Snapshot } from "./snapshot.ts";

export interface ExportOptions {
  /** Of the audit database; one connection of it is used, for reading only. */
  readonly pool: pg.Pool;
  /** The first event that is wanted. Default 0. */
  readonly fromSeq?: number;
  /** The event after the last that is wanted. Default: all that the newest checkpoint covers. */
  readonly toSeq?: number;
  /** Which events are wanted; the others are left out with a proof that they were there. By their canonical bytes. */
  readonly select?: (canonical: Buffer, seq: number) => boolean;
  /** Takes the export piece by piece; the next piece is read when this has resolved. */
  readonly write: (piece: Buffer) => Promise<void>;
}

const PIECE = 16 * TILE_WIDTH;

/**
 * Writes a verifiable export (`export-format.ts`) of what the newest checkpoint covers, in memory that does not grow with
 * it. Resolves to how many events are in it. Rejects with a `VerificationError`.
 */
export async function writeExport(options: ExportOptions): Promise<{ readonly events: number }> {
  const { pool, fromSeq = 0, toSeq = Number.POSITIVE_INFINITY, write } = options;
  return withSnapshot(pool, async (snapshot) => {
    const newest = await readNewestSigned(snapshot.client);
    if (newest === null)
      throw new VerificationError("nothing_signed", "There is no checkpoint to export events under.");
    const { origin } = parseCheckpoint(parseNote(newest.note).text);
    const to = Math.min(toSeq, newest.size);
    const from = Math.min(fromSeq, to);

    await write(formatHeader(origin));
    if (from > 0) await write(await skipByTiles(snapshot, 0, from, newest.size));
    const piece = createPieceWriter(from, options.select ?? (() => true));
    for (let at = from; at < to; at = nextPiece(at)) {
      await piece.read(snapshot, at, Math.min(to, nextPiece(at)));
      await write(piece.take());
    }
    const rest = piece.finish();
    if (rest.length > 0) await write(rest);
    if (to < newest.size) await write(await skipByTiles(snapshot, to, newest.size, newest.size));
    if (to < newest.size || piece.signed !== newest.size) await write(formatCheckpointLine(newest.note));
    return { events: piece.events };
  });
}

/** Pieces begin where tiles do. */
function nextPiece(at: number): number {
  return (Math.floor(at / PIECE) + 1) * PIECE;
}

async function skipByTiles({ client }: Snapshot, from: number, to: number, size: number): Promise<Buffer> {
  const tiles = await readTiles(client, tilesFor([{ from, to }], size));
  return formatSkip(from, to, rangeHashes({ from, to }, readerOf(tiles)));
}

interface PieceWriter {
  readonly events: number;
  /** The size of the last checkpoint that was written. */
  readonly signed: number;
  read(snapshot: Snapshot, from: number, to: number): Promise<void>;
  /** What has been read since the last call. */
  take(): Buffer;
  /** What is still held back. */
  finish(): Buffer;
}

function createPieceWriter(begin: number, wanted: (canonical: Buffer, seq: number) => boolean): PieceWriter {
  let lines: Buffer[] = [];
  let skipped: CompactRange = createCompactRange(begin);
  let events = 0;
  let signed = 0;

  function flushSkipped(next: number): void {
    if (skipped.end > skipped.begin) lines.push(formatSkip(skipped.begin, skipped.end, skipped.hashes()));
    skipped = createCompactRange(next);
  }

  function take(): Buffer {
    const piece = Buffer.concat(lines);
    lines = [];
    return piece;
  }

  return {
    get events() {
      return events;
    },
    get signed() {
      return signed;
    },
    async read(snapshot, from, to) {
      const logged = await readLogged(snapshot, from, to);
      const notes = await readNotes(snapshot, from, to);
      const onRow = ({ bytes, offsets, lengths }: BinaryRow): void => {
        const part = (at: number): Buffer => {
          const [offset = 0, length = 0] = [offsets[at], lengths[at]];
          return bytes.subarray(offset, offset + length);
        };
        const seq = Number(part(0).readBigInt64BE(0));
        const canonical = part(1);
        // What was logged there, so that a verifier can tell which event is not it.
        const leaf = logged(seq) ?? leafHash(canonical);
        if (wanted(canonical, seq) || skipped.end !== seq || leaf.length !== HASH_BYTES) {
          flushSkipped(seq + 1);
          lines.push(formatEvent(seq, leaf, canonical));
          events += 1;
        } else {
          skipped.append(leaf);
        }
        const note = notes.get(seq + 1);
        if (note === undefined) return;
        // A checkpoint in the midst of what is left out would cut it in two for nothing.
        if (skipped.end > skipped.begin) return;
        lines.push(formatCheckpointLine(note));
        signed = seq + 1;
      };
      const rows = `SELECT seq, canonical FROM gateway_audit_events WHERE seq >= ${from} AND seq < ${to} ORDER BY seq`;
      await snapshot.copy(rows, 2, onRow);
    },
    take,
    finish() {
      flushSkipped(0);
      return take();
    },
  };
}

async function readNotes(
  { client }: Snapshot,
  from: number,
  to: number,
): Promise<ReadonlyMap<number, string>> {
  const { rows } = await client.query<{ size: string; note: string }>(
    "SELECT size, note FROM gateway_audit_checkpoints WHERE size > $1 AND size <= $2 AND note IS NOT NULL",
    [from, to],
  );
  return new Map(rows.map(({ size, note }) => [Number(size), note]));
}
