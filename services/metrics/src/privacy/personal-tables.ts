import type { EventKind } from "../domain/ingest.ts";

/** A table with rows of persons (`user_id`), and what they are read in the order of. */
export interface PersonalTable {
  readonly table: string;
  readonly time: string;
  /** Text that tells rows of one person and one time apart. */
  readonly tie: string;
  /** Of raw events: deleting them changes the roll-ups of their hours. */
  readonly kind: EventKind | null;
}

const GROUP = "concat_ws('/', coalesce(user_role, ''), coalesce(team, ''))";

/** All there are. A test holds this to the columns `user_id` of the schema. */
export const PERSONAL_TABLES: readonly PersonalTable[] = [
  { table: "users", time: "created_at", tie: "user_id", kind: null },
  { table: "activity_events", time: "occurred_at", tie: "event_key::text", kind: "activity" },
  { table: "productivity_scores", time: "occurred_at", tie: "event_key::text", kind: "score" },
  { table: "activity_hours", time: "hour", tie: "part", kind: null },
  { table: "activity_days", time: "day", tie: "user_id", kind: null },
  { table: "score_hours", time: "hour", tie: `concat_ws('/', part, ${GROUP})`, kind: null },
  { table: "score_days", time: "day", tie: GROUP, kind: null },
];

/**
 * Marks name the persons of events that are not rolled up yet (`user_ids`): copies of rows of raw events, which an export has. A test
 * holds this to the schema, too.
 */
export const PERSONAL_MARKS = "rollup_marks";
/** Of marks: what stands in the places of the persons. */
export const MARKED_COLUMNS: Readonly<Record<EventKind, readonly string[]>> = {
  activity: ["user_ids", "user_events"],
  score: ["user_ids", "user_roles", "teams", "scores"],
};
