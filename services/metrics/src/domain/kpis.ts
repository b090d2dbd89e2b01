/** Spans of time, back from now, for which users are counted (`time_window` of the metrics). */
export const TIME_WINDOWS = ["1h", "24h", "7d"] as const;
export type TimeWindow = (typeof TIME_WINDOWS)[number];

const HOUR_MS = 3_600_000;
export const TIME_WINDOW_MS: Readonly<Record<TimeWindow, number>> = {
  "1h": HOUR_MS,
  "24h": 24 * HOUR_MS,
  "7d": 7 * 24 * HOUR_MS,
};

/** Upper bounds of the classes into which scores fall, the same as those of `metrics_productivity_score`. */
export const SCORE_BOUNDS = [10, 25, 50, 75, 90, 95, 99, 100] as const;

/** Scores in one number each, and how they are spread. */
export interface ScoreSummary {
  readonly count: number;
  /** `null` where there are none. */
  readonly mean: number | null;
  /** How many are in each class of `SCORE_BOUNDS`: above the bound before, up to this one. */
  readonly classes: readonly number[];
}

/** How a tenant stands at a moment. */
export interface CurrentKpis {
  readonly tenant: string;
  /** Unix milliseconds. */
  readonly asOf: number;
  /** Users with at least one activity event in the window that ends at `asOf`: counted, not estimated. */
  readonly activeUsers: Readonly<Record<TimeWindow, number>>;
  /** Activity events of the last hour. */
  readonly events: number;
  /** Scores of the last hour. */
  readonly scores: ScoreSummary;
}

/** What is committed when it is asked counts, whether a roll-up has seen it or not. Rejects where the database does not respond. */
export interface CurrentKpiSource {
  current(tenant: string): Promise<CurrentKpis>;
}
