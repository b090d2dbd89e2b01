import { readTilesOf } from "../../log-tables/tree-hashes.ts";
import { encodeBase64 } from "../../transparency-log/encodings.ts";
import { rangeHashes } from "../../transparency-log/tiles/tile-hashes.ts";
import type { EventCheck, Mismatch } from "./event-check.ts";
import type { ColumnDifference, Finding } from "../findings/finding.ts";
import type { LogConnection } from "../rows/log-connection.ts";
import type { StoredCheckpoints, Target } from "./stored-checkpoints.ts";
import { between } from "../findings/between.ts";
import { hashDiffers, type Contradiction } from "./contradiction.ts";

/** Says what is wrong, as soon as it can be said. */
export interface Diagnosis {
  /** After each piece of the log: the finding, once the position is certain or cannot become so. */
  soFar(): Promise<Finding | null>;
  /** After the last one. */
  atEnd(): Promise<Finding | null>;
}

export function createDiagnosis(
  connection: LogConnection,
  check: EventCheck,
  checkpoints: StoredCheckpoints,
): Diagnosis {
  let vouched: boolean | null = null;

  /** Looked up once: it does not change. */
  async function isCertain(contradiction: Contradiction): Promise<boolean> {
    const target = vouched === null ? await checkpoints.after(contradiction.seq) : null;
    vouched ??= target !== null && (await tilesVouch(connection, contradiction, target));
    return vouched;
  }

  return {
    async soFar() {
      const { contradiction, mismatch, cleared, broken } = check;
      if (contradiction !== null && cleared) {
        const rowDiffers = contradiction.columns.length > 0 || contradiction.leafColumnDiffers;
        return rowDiffers ? findingOfRow(contradiction) : findingOfTiles(contradiction);
      }
      if (contradiction !== null && ((await isCertain(contradiction)) || broken)) {
        return findingOfEvent(connection, contradiction);
      }
      return mismatch === null ? null : findingOfMismatch(mismatch, contradiction);
    },
    atEnd: async () =>
      check.contradiction === null ? null : findingOfEvent(connection, check.contradiction),
  };
}

/**
 * Whether the tiles, with the events before the contradiction, lead to the tree that was signed. Then all before it is
 * proven, and what the tiles have there is what was logged: the position is exact.
 */
async function tilesVouch(
  connection: LogConnection,
  { seq, before }: Contradiction,
  target: Target,
): Promise<boolean> {
  const range = { from: seq, to: target.size };
  const readTile = await readTilesOf(connection.client, [range], target.size);
  const tree = before.clone();
  try {
    tree.appendSubtrees(target.size, rangeHashes(range, readTile));
  } catch {
    return false;
  }
  return Buffer.compare(tree.root(), target.root) === 0;
}

/** What happened at a place whose logged leaf hash is certain, or at least all there is to go by. */
async function findingOfEvent(connection: LogConnection, contradiction: Contradiction): Promise<Finding> {
  const { seq, id, what, actual, logged, columns } = contradiction;
  const place = { seq, id };
  if (what === "gap") {
    const was =
      logged === null ? "" : ` The event that was logged there has leaf hash ${encodeBase64(logged)}.`;
    return { ...place, kind: "missing", message: `No event stands at seq ${seq}: it was removed.${was}` };
  }
  if (what === "duplicate") {
    return findingOfDuplicate(connection, contradiction);
  }
  if (!hashDiffers(contradiction) || actual === null || logged === null) {
    return findingOfRow(contradiction);
  }

  const [belongs] = await findEvent(connection, logged, seq);
  const elsewhere = await isLogged(connection, actual);
  if (belongs !== undefined && elsewhere) {
    const message = `Event ${id} stands at seq ${seq}, where event ${belongs.id} was logged, which now stands at seq ${belongs.seq}: they were reordered.`;
    return { ...place, kind: "reordered", message };
  }
  if (belongs !== undefined) {
    const message = `Event ${id} at seq ${seq} was never logged: it was inserted, and event ${belongs.id}, which was logged there, moved to seq ${belongs.seq}.`;
    return { ...place, kind: "extra", message };
  }
  if (elsewhere) {
    const message = `The event that was logged at seq ${seq} (leaf hash ${encodeBase64(logged)}) is missing; event ${id} was moved into its place.`;
    return { ...place, kind: "missing", message };
  }
  const said = columns.length === 0 ? " Its columns were changed along with it." : ` ${describe(columns)}`;
  const message = `Event ${id} at seq ${seq} is not the one that was logged: its bytes hash to ${encodeBase64(actual)}, logged was ${encodeBase64(logged)}.${said}`;
  return { ...place, kind: "altered", message, columns };
}

/** Of several events with one number, names one that was not logged there: the same one, in whatever order they are stored. */
async function findingOfDuplicate(
  { client }: LogConnection,
  { seq, logged }: Contradiction,
): Promise<Finding> {
  const { rows } = await client.query<{ id: string }>(
    `SELECT id FROM gateway_audit_events WHERE seq = $1
     ORDER BY sha256('\\x00'::bytea || canonical::bytea) = $2::bytea,
       position(id::text IN encode(canonical::bytea, 'escape')) > 0, id
     LIMIT 1`,
    [seq, logged],
  );
  const id = rows[0]?.id ?? null;
  const message = `Event ${id} stands at seq ${seq}, where another stands, too: it was inserted.`;
  return { kind: "extra", seq, id, message };
}

/** An event whose bytes are those that were logged, or that nothing is known to have been logged for. */
function findingOfRow({ seq, id, columns, leafColumnDiffers, unreadable }: Contradiction): Finding {
  const place = { kind: "altered", seq, id, columns } as const;
  if (unreadable) {
    return { ...place, message: `Event ${id} at seq ${seq}: its canonical bytes are no JSON.` };
  }
  const facts = [
    columns.length > 0 ? describe(columns) : "",
    leafColumnDiffers ? "leaf_hash is not the hash of its bytes." : "",
  ];
  return { ...place, message: `Event ${id} at seq ${seq} was altered: ${facts.filter(Boolean).join(" ")}` };
}

/** The events lead to what was signed, so the tiles do not. */
function findingOfTiles({ seq, id }: Contradiction): Finding {
  const message = `The tile with the hash of seq ${seq} was altered. The events lead to the tree that was signed; delete the tiles to have them made again.`;
  return { kind: "tiles_altered", seq, id, message };
}

/** Everything that could tell the position was changed along with the events. */
function findingOfMismatch({ target, good, window }: Mismatch, contradiction: Contradiction | null): Finding {
  const visible =
    contradiction === null ? "" : ` The first contradiction to be seen is at seq ${contradiction.seq}.`;
  const from = Math.max(good, window?.from ?? 0);
  const before = Math.min(target.size, window?.to ?? target.size);
  const place = { seq: from, before, id: null };
  if (target.source === "remembered") {
    const message = `The log is not a continuation of the remembered tree of ${target.size} events: its history was rewritten, first ${between(from, before)}.${visible}`;
    return { ...place, kind: "fork", message };
  }
  const message = `The events do not lead to the tree of ${target.size} that was signed: the first that is not what was logged lies ${between(from, before)}.${visible}`;
  return { ...place, kind: "altered", message };
}

function describe(columns: readonly ColumnDifference[]): string {
  return columns
    .map(
      ({ column, stored, recorded }) =>
        `Column ${column} says ${show(stored)}, the event's bytes say ${show(recorded)}.`,
    )
    .join(" ");
}

const MAX_SHOWN = 120;

function show(value: unknown): string {
  const json = JSON.stringify(value);
  return json.length > MAX_SHOWN ? `${json.slice(0, MAX_SHOWN)}…` : json;
}

/** An event of that leaf hash, at another place. */
async function findEvent(
  { client }: LogConnection,
  leafHash: Uint8Array,
  otherThan: number,
): Promise<{ readonly seq: number; readonly id: string }[]> {
  const { rows } = await client.query<{ seq: string; id: string }>(
    `SELECT seq, id FROM gateway_audit_events
     WHERE leaf_hash = $1 AND seq <> $2 AND sha256('\\x00'::bytea || canonical) = $1 ORDER BY seq, id LIMIT 1`,
    [leafHash, otherThan],
  );
  return rows.map(({ seq, id }) => ({ seq: Number(seq), id }));
}

/** Whether the leaf hash stands anywhere in the tree. */
async function isLogged({ client }: LogConnection, leafHash: Uint8Array): Promise<boolean> {
  const { rows } = await client.query(
    "SELECT FROM gateway_audit_tiles WHERE level = 0 AND (position($1::bytea IN hashes) - 1) % 32 = 0 LIMIT 1",
    [leafHash],
  );
  return rows.length > 0;
}
