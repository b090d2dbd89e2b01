/** Levels by rank, as pino numbers them. */
export const LEVELS = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60 } as const;
/** From the least to the most severe: trace, debug, info, warn, error, fatal. */
export type Level = keyof typeof LEVELS;

/** Which lines of which component are written; changes while running. */
export interface LevelTable {
  /** The rank from which on a component's lines are written; the same object for the component's life. */
  threshold(component: string): { readonly rank: number };
  /** `*` sets every component and forgets their own levels. Throws `RangeError` on an unknown level. */
  set(component: string, level: Level): void;
}

export function createLevelTable(initial: Level): LevelTable {
  let fallback = rankOf(initial);
  const thresholds = new Map<string, { rank: number }>();

  function threshold(component: string): { rank: number } {
    let entry = thresholds.get(component);
    if (entry === undefined) {
      thresholds.set(component, (entry = { rank: fallback }));
    }
    return entry;
  }

  return {
    threshold,
    set(component, level) {
      const rank = rankOf(level);
      if (component !== "*") {
        threshold(component).rank = rank;
        return;
      }
      fallback = rank;
      for (const entry of thresholds.values()) {
        entry.rank = rank;
      }
    },
  };
}

function rankOf(level: string): number {
  if (!Object.hasOwn(LEVELS, level)) {
    throw new RangeError(`unknown log level "${level}"; use one of ${Object.keys(LEVELS).join(", ")}`);
  }
  return LEVELS[level as Level];
}
