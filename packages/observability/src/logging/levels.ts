/** Levels by rank, as pino numbers them. */
export const LEVELS = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60 } as const;
/** From the least to the most severe: trace, debug, info, warn, error, fatal. */
export type Level = keyof typeof LEVELS;

/** From which level on lines are written. */
export interface LogLevels {
  /** Of components that have none of their own. */
  readonly all: Level;
  /** By component, of those that there are. */
  readonly components: Readonly<Record<string, Level>>;
}

/** Which lines of which component are written; changes while running. */
export interface LevelTable {
  /** The rank from which on a component's lines are written; the same object for the component's life. */
  threshold(component: string): { readonly rank: number };
  levels(): LogLevels;
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
    levels: () => ({
      all: levelOf(fallback),
      components: Object.fromEntries([...thresholds].map(([name, { rank }]) => [name, levelOf(rank)])),
    }),
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

function levelOf(rank: number): Level {
  const [level] = Object.entries(LEVELS).find(([, one]) => one === rank) ?? [];
  return level as Level;
}

function rankOf(level: string): number {
  if (!Object.hasOwn(LEVELS, level)) {
    throw new RangeError(`unknown log level "${level}"; use one of ${Object.keys(LEVELS).join(", ")}`);
  }
  return LEVELS[level as Level];
}
