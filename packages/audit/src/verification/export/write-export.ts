import type pg from "pg";
import { AuditError } from "../../errors.ts";
import { readNewestSigned } from "../../log-tables/checkpoint-table.ts";
import { readTilesOf } from "../../log-tables/tree-hashes.ts";
import { parseFilter, toConditions, type EventFilter } from "../../store/query/filter.ts";
import { EXPORT_STRIDE, readEvents, type EventRow } from "../../store/query/read-events.ts";
import type { Queryable } from "../../postgres/queryable.ts";
import { parseCheckpoint } from "../../transparency-log/notes/checkpoint.ts";
import { parseNote } from "../../transparency-log/notes/signed-note.ts";
import type { LeafRange } from "../../transparency-log/tree/subtrees.ts";
import { leafAt, rangeHashes, type ReadTile } from "../../transparency-log/tiles/tile-hashes.ts";
import { VerificationError } from "../errors.ts";
import { formatCheckpointLine, formatEvent, formatHeader, formatSkip } from "./export-format.ts";
import { readPurgeRecords, type PurgeRecords } from "../../signed-records/purge-records.ts";
import { withConnection } from "../rows/log-connection.ts";

/** What a verifiable export is to hold. */
export interface ExportSelection {
  /** The first event that is wanted. Default 0. */
  readonly fromSeq?: number;
  /** The event after the last that is wanted. Default: all that the newest checkpoint covers. */
  readonly toSeq?: number;
  /** Which events are wanted; the others are left out with a proof that they were there. */
  readonly filter?: EventFilter;
}

/** What is exported, from where, and where it goes. */
export interface ExportOptions extends ExportSelection {
  /** Of the audit database; one connection of it is used, for reading only. */
  readonly pool: pg.Pool;
  /** Takes the export piece by piece; the next piece is read when this has resolved. */
  write(piece: Buffer): Promise<void>;
}

/** Events in a piece. Those of a selection lie far apart, each in tiles of its own. */
const PIECE = { all: 4_096, selection: 256 };

/**
 * Writes a verifiable export (`export-format.ts`) of what the newest checkpoint covers, in memory that does not grow with
 * it. Resolves to how many events are in it. Rejects with a `VerificationError`, or with `invalid_query` for the filter.
 */
export async function writeExport({
  pool,
  write,
  ...selection
}: ExportOptions): Promise<{ readonly events: number }> {
  return withConnection(pool, async ({ client }) => {
    const pieces = exportLog(client, selection);
    for (;;) {
      const next = await pieces.next();
      if (next.done === true) {
        return next.value;
      }
      await write(next.value);
    }
  });
}

/** The same in pieces that are read as they are asked for; between them no connection is held. */
export async function* exportLog(
  client: Queryable,
  selection: ExportSelection,
): AsyncGenerator<Buffer, { readonly events: number }, void> {
  const { fromSeq, toSeq } = checkBounds(selection);
  const filter = parseFilter(selection.filter ?? {});
  const isSelection = Object.keys(filter).length > 0;
  const limit = isSelection ? PIECE.selection : PIECE.all;
  const newest = await readNewestSigned(client);
  if (newest === null) {
    throw new VerificationError("nothing_signed", "There is no checkpoint to export events under.");
  }
  const to = Math.min(toSeq, newest.size);
  const from = Math.min(fromSeq, to);
  const lines = createLines(client, newest.size, async (gap) =>
    // Read anew each time: retention may drop events while others are exported.
    isSelection || gap.to <= from || gap.from >= to
      ? [gap]
      : coveredParts(gap, await readPurgeRecords(client, null)),
  );
  yield formatHeader(parseCheckpoint(parseNote(newest.note).text).origin);
  await lines.skipTo(from);
  const where = toConditions(filter);
  for (let next = from; next < to;) {
    const before = Math.min(to, next + EXPORT_STRIDE);
    const page = await readEvents(client, { where, order: "oldest_first", limit, after: next - 1, before });
    await lines.add(page.rows, !isSelection);
    if (page.rows.length > 0) {
      yield lines.take();
    }
    next = page.more ? lines.position : before;
  }
  await lines.skipTo(to);
  await lines.skipTo(newest.size);
  lines.sign(newest.size, newest.note);
  yield lines.take();
  return { events: lines.events };
}

/** Throws `invalid_query`. */
function checkBounds({ fromSeq = 0, toSeq = Number.MAX_SAFE_INTEGER }: ExportSelection) {
  const position = (field: string, value: number, smallest: number): void => {
    if (Number.isSafeInteger(value) && value >= smallest) {
      return;
    }
    throw new AuditError("invalid_query", `${field}: must be a whole number from ${smallest} on`, { field });
  };
  position("fromSeq", fromSeq, 0);
  position("toSeq", toSeq, fromSeq);
  return { fromSeq, toSeq };
}

interface Lines {
  /** The number after the last that the lines tell of. */
  readonly position: number;
  readonly events: number;
  /** Events in order, and what lies between them; `signed`: with the checkpoints that fall among them. */
  add(rows: readonly EventRow[], signed: boolean): Promise<void>;
  skipTo(seq: number): Promise<void>;
  sign(size: number, note: string): void;
  take(): Buffer;
}

/** The parts of a gap that retention made. */
function coveredParts({ from, to }: LeafRange, purges: PurgeRecords): LeafRange[] {
  const parts: LeafRange[] = [];
  for (let at = from; at < to;) {
    const end = purges.firstUncovered(at, to) ?? to;
    if (end > at) {
      parts.push({ from: at, to: end });
    }
    at = purges.nextCovered(end, to);
  }
  return parts;
}

/** @param leaveOut the parts of a gap that are no loss; of the others the export shows the hole */
function createLines(
  client: Queryable,
  size: number,
  leaveOut: (gap: LeafRange) => Promise<LeafRange[]>,
): Lines {
  let pieces: Buffer[] = [];
  let position = 0;
  let events = 0;
  let signed = -1;

  async function gapsBefore(rows: readonly EventRow[]): Promise<LeafRange[]> {
    const gaps: LeafRange[] = [];
    let at = position;
    for (const { seq } of rows) {
      if (at < seq) {
        gaps.push(...(await leaveOut({ from: at, to: seq })));
      }
      at = seq + 1;
    }
    return gaps;
  }

  const tilesOf = (ranges: readonly LeafRange[]): Promise<ReadTile> => readTilesOf(client, ranges, size);

  function skip(gap: LeafRange, readTile: ReadTile): void {
    pieces.push(formatSkip(gap.from, gap.to, rangeHashes(gap, readTile)));
    position = gap.to;
  }

  function sign(at: number, note: string): void {
    if (signed === at) {
      return;
    }
    pieces.push(formatCheckpointLine(note));
    signed = at;
  }

  return {
    get position() {
      return position;
    },
    get events() {
      return events;
    },
    async add(rows, withCheckpoints) {
      const gaps = await gapsBefore(rows);
      const leaves = rows.map(({ seq }) => ({ from: seq, to: seq + 1 }));
      const readTile = await tilesOf([...gaps, ...leaves]);
      const end = (rows.at(-1)?.seq ?? -1) + 1;
      const notes = withCheckpoints ? await readNotes(client, position, end) : null;
      const open = [...gaps];
      for (const { seq, canonical, leafHash } of rows) {
        for (let gap = open[0]; gap !== undefined && gap.to <= seq; gap = open[0]) {
          skip(gap, readTile);
          open.shift();
        }
        // What was logged there, so that a verifier can tell which event is not it.
        pieces.push(formatEvent(seq, leafAt(seq, readTile) ?? leafHash, canonical));
        position = seq + 1;
        events += 1;
        const note = notes?.get(position);
        if (note !== undefined) {
          sign(position, note);
        }
      }
    },
    async skipTo(seq) {
      const gaps = position < seq ? await leaveOut({ from: position, to: seq }) : [];
      const readTile = await tilesOf(gaps);
      for (const gap of gaps) {
        skip(gap, readTile);
      }
    },
    sign,
    take() {
      const piece = Buffer.concat(pieces);
      pieces = [];
      return piece;
    },
  };
}

async function readNotes(client: Queryable, from: number, to: number): Promise<ReadonlyMap<number, string>> {
  const { rows } = await client.query<{ size: string; note: string }>(
    "SELECT size, note FROM gateway_audit_checkpoints WHERE size > $1 AND size <= $2 AND note IS NOT NULL",
    [from, to],
  );
  return new Map(rows.map(({ size, note }) => [Number(size), note]));
}
