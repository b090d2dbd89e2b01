import type pg from "pg";
import { encodeBase64 } from "../../transparency-log/encodings.ts";
import { parseCheckpoint } from "../../transparency-log/notes/checkpoint.ts";
import { parseNote } from "../../transparency-log/notes/signed-note.ts";
import type { SignedCheckpoint } from "../checkpoints/checkpoint-event.ts";
import type { CheckpointFeed } from "../checkpoints/checkpoint-feed.ts";

/** Signed tree heads from PostgreSQL. */
export function createCheckpointFeed(pool: pg.Pool): CheckpointFeed {
  return {
    async newest(after, upTo) {
      const { rows } = await pool.query<{ note: string; decided_at: Date }>({
        name: "audit-delivery-checkpoint",
        text: `SELECT note, decided_at FROM gateway_audit_checkpoints
               WHERE note IS NOT NULL AND size > $1 AND size <= $2 ORDER BY size DESC LIMIT 1`,
        values: [after, upTo],
      });
      const [row] = rows;
      return row === undefined ? null : toCheckpoint(row.note, row.decided_at);
    },
  };
}

/** Throws a `TransparencyLogError` for a note that is none. */
function toCheckpoint(note: string, decidedAt: Date): SignedCheckpoint {
  const { origin, size, root } = parseCheckpoint(parseNote(note).text);
  return { size, origin, root: encodeBase64(root), note, decidedAt: decidedAt.toISOString() };
}
