import type { Database } from "../database/database.ts";
import { SCORE_BOUNDS, type ScoreSummary } from "../domain/kpis.ts";

/** Whole hours: from the first, up to the second and without it. Unix milliseconds. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** What scores may be grouped by: as it was when they were given. */
export type Grouping = "role" | "team";

/** Restricts scores to those of one role, or of one team. */
export interface ScoreFilter {
  readonly role: string | null;
  readonly team: string | null;
}

/** A page: what comes after the position, so many. */
export interface PageRequest<P> {
  readonly after: P | null;
  readonly limit: number;
}

const CLASSES = SCORE_BOUNDS.map((bound) => `to_${bound}`);
/** Of rows of `metrics.score_sums_between`. */
export const SCORE_SUMS = `sum(scores)::float8 AS count, (sum(total) / nullif(sum(scores), 0))::float8 AS mean, ARRAY[${CLASSES.map((column) => `sum(${column})::float8`).join(", ")}] AS classes`;

export interface ScoreRow extends Record<string, unknown> {
  /** `null` where there is no row to sum. */
  readonly count: number | null;
  readonly mean: number | null;
  readonly classes: readonly number[];
}

export const NO_SCORES: ScoreSummary = { count: 0, mean: null, classes: SCORE_BOUNDS.map(() => 0) };

export function toSummary({ count, mean, classes }: ScoreRow): ScoreSummary {
  return count === null ? NO_SCORES : { count, mean, classes };
}

export const DAY_MS = 86_400_000;
export const INTERVAL_MS = { hour: 3_600_000, day: DAY_MS } as const;
export type TenantDatabase = Pick<Database, "asTenant">;
