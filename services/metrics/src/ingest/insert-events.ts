import { arrayLiteral } from "@sark/audit/postgres";
import type { LongWork } from "@sark/scheduling";
import type { Queryable } from "../database/database.ts";
import type { ActivityEvent, IngestEvent, ScoreEvent } from "../domain/ingest.ts";
import { inPieces } from "./pieces.ts";

// The events that are new, and what they add to their hours, for the roll-ups. In the order of their keys: two transactions with
// events in common wait for each other at the first of them, and not one at each end.
const INSERT_ACTIVITY = {
  name: "insert-activity",
  text: `WITH added AS (
  INSERT INTO metrics.activity_events (tenant_id, event_key, user_id, activity_type, occurred_at, attributes)
  SELECT $1, e.key, e.user_id, e.type, to_timestamp(e.ms / 1000.0), e.attributes::jsonb
  FROM unnest($2::uuid[], $3::text[], $4::text[], $5::bigint[], $6::text[]) AS e(key, user_id, type, ms, attributes)
  ORDER BY e.key
  ON CONFLICT DO NOTHING
  RETURNING event_key, user_id, occurred_at
), counted AS (
  SELECT date_trunc('hour', occurred_at, 'UTC') AS hour, user_id, count(*)::int AS events FROM added GROUP BY 1, 2
), marked AS (
  INSERT INTO metrics.rollup_marks (tenant_id, kind, hour, entries, user_ids, user_events)
  SELECT $1, 'activity', hour, count(*), array_agg(user_id), array_agg(events) FROM counted GROUP BY hour
)
SELECT event_key, NULL AS user_role FROM added`,
};

const INSERT_SCORES = {
  name: "insert-scores",
  text: `WITH added AS (
  INSERT INTO metrics.productivity_scores
    (tenant_id, event_key, user_id, user_role, team, score, occurred_at, attributes)
  SELECT $1, e.key, e.user_id, coalesce(e.role, u.user_role), coalesce(e.team, u.team), e.score,
         to_timestamp(e.ms / 1000.0), e.attributes::jsonb
  FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::real[], $7::bigint[], $8::text[])
       AS e(key, user_id, role, team, score, ms, attributes)
  LEFT JOIN metrics.users u ON u.tenant_id = $1 AND u.user_id = e.user_id
  ORDER BY e.key
  ON CONFLICT DO NOTHING
  RETURNING event_key, user_id, user_role, team, score, occurred_at
), marked AS (
  INSERT INTO metrics.rollup_marks (tenant_id, kind, hour, entries, user_ids, user_roles, teams, scores)
  SELECT $1, 'score', date_trunc('hour', occurred_at, 'UTC') AS hour, count(*), array_agg(user_id), array_agg(user_role), array_agg(team),
         array_agg(score)
  FROM added GROUP BY hour
)
SELECT event_key, user_role FROM added`,
};

/** Keys of the events that were added, each with the role of its user then, as far as scores have one. */
export type Added = Readonly<Record<IngestEvent["kind"], Map<string, string | null>>>;

/**
 * Inserts events of the transaction's tenant that are not there yet, and resolves to the keys of those, by their kinds, with the roles of
 * users.
 *
 * @param work for what is inserted in pieces, with a turn before each. Default: in one
 */
export async function insertEvents(
  tx: Queryable,
  tenant: string,
  events: readonly IngestEvent[],
  work: LongWork | null = null,
): Promise<Added> {
  const activity = events.filter((event): event is ActivityEvent => event.kind === "activity");
  const scores = events.filter((event): event is ScoreEvent => event.kind === "score");
  return {
    activity: await insert(tx, INSERT_ACTIVITY, activity, work, (column) => [
      tenant,
      column(({ key }) => key),
      column(({ user }) => user),
      column(({ type }) => type),
      column(({ occurredAt }) => occurredAt),
      column(({ attributes }) => attributes),
    ]),
    score: await insert(tx, INSERT_SCORES, scores, work, (column) => [
      tenant,
      column(({ key }) => key),
      column(({ user }) => user),
      column(({ role }) => role),
      column(({ team }) => team),
      column(({ score }) => score),
      column(({ occurredAt }) => occurredAt),
      column(({ attributes }) => attributes),
    ]),
  };
}

type Column<E> = (read: (event: E) => string | number | null) => string;

async function insert<E extends IngestEvent>(
  tx: Queryable,
  statement: { readonly name: string; readonly text: string },
  events: readonly E[],
  work: LongWork | null,
  values: (column: Column<E>) => string[],
): Promise<Map<string, string | null>> {
  const added = new Map<string, string | null>();
  if (events.length === 0) {
    return added;
  }
  for await (const piece of inPieces(events, work)) {
    const { rows } = await tx.query<{ event_key: string; user_role: string | null }>({
      ...statement,
      values: values((read) => arrayLiteral(piece.map(read))),
    });
    rows.forEach(({ event_key, user_role }) => added.set(event_key, user_role));
  }
  return added;
}
