import type { Level } from "../levels.ts";
import type { Logger } from "../logger.ts";

/** Which lines are written, and until when where that is for a time. */
export interface LevelsShown {
  readonly level: Level;
  readonly components: readonly { readonly component: string; readonly level: Level }[];
  /** What goes back by itself; `component` is `null` for all of them. */
  readonly reverts: readonly { readonly component: string | null; readonly to: Level; readonly at: number }[];
}

/** Which level is asked for, of what, and for how long. */
export interface LevelChange {
  /** `null`: all components, also those that have a level of their own. */
  readonly component: string | null;
  readonly level: Level;
  /** How long it holds; `null`: until it is changed again, or the process ends. */
  readonly forMs: number | null;
}

/** Changes of log levels while the service runs; those for a time go back by themselves. */
export interface LogLevelControl {
  show(): LevelsShown;
  isKnown(component: string): boolean;
  change(change: LevelChange): void;
  /** The changes that make what is in force of what a process begins with; `null`: there were none. */
  inForce(): readonly LevelInForce[] | null;
  /** Ends a change of all components that is for a time, now. */
  revertAll(): void;
  close(): void;
}

/** A change that another process has made; `at`: when it goes back, in Unix milliseconds. */
export interface LevelInForce {
  readonly component: string | null;
  readonly level: Level;
  readonly at: number | null;
}

/** Hears of changes that end by themselves. */
export interface LogLevelObserver {
  /** A change for a time is over; `component` is `null` for all of them. */
  reverted(event: { readonly component: string | null; readonly level: Level }): void;
}

interface Snapshot {
  readonly all: Level;
  readonly components: Map<string, Level>;
}

interface Temporary<Before> {
  before: Before;
  readonly at: number;
  readonly timer: NodeJS.Timeout;
}

/** Changes the levels of this logger and of its children. */
export function createLogLevelControl(
  logger: Pick<Logger, "setLevel" | "levels">,
  observer: LogLevelObserver,
): LogLevelControl {
  let whole: Temporary<Snapshot> | null = null;
  const own = new Map<string, Temporary<Level>>();
  let isChanged = false;

  /** As it stands without what is for a time. */
  function lasting(): Snapshot {
    if (whole !== null) {
      return whole.before;
    }
    const { all, components } = logger.levels();
    const entries = Object.entries(components).map(([name, level]): [string, Level] => [
      name,
      own.get(name)?.before ?? level,
    ]);
    return { all, components: new Map(entries) };
  }

  function later(forMs: number, revert: () => void): { readonly at: number; readonly timer: NodeJS.Timeout } {
    return { at: Date.now() + forMs, timer: setTimeout(revert, forMs).unref() };
  }

  function endOwn(component: string): void {
    clearTimeout(own.get(component)?.timer);
    own.delete(component);
  }

  function changeAll({ level, forMs }: LevelChange): void {
    const before = lasting();
    clearTimeout(whole?.timer);
    for (const name of own.keys()) {
      endOwn(name);
    }
    whole = forMs === null ? null : { before, ...later(forMs, revertAll) };
    logger.setLevel("*", level);
  }

  function revertAll(): void {
    const ended = whole;
    clearTimeout(whole?.timer);
    whole = null;
    if (ended === null) {
      return;
    }
    const { all, components } = ended.before;
    const kept = Object.entries(logger.levels().components).filter(([name]) => own.has(name));
    logger.setLevel("*", all);
    for (const [name, level] of [...components, ...kept]) {
      logger.setLevel(name, level);
    }
    for (const [name, temporary] of own) {
      temporary.before = components.get(name) ?? all;
    }
    observer.reverted({ component: null, level: all });
  }

  function changeOne(component: string, { level, forMs }: LevelChange): void {
    const before = own.get(component)?.before ?? logger.levels().components[component] ?? logger.levels().all;
    endOwn(component);
    if (forMs === null) {
      // It outlasts a change of all that is for a time.
      whole?.before.components.set(component, level);
    } else {
      own.set(component, { before, ...later(forMs, () => revertOne(component)) });
    }
    logger.setLevel(component, level);
  }

  function revertOne(component: string): void {
    const before = own.get(component)?.before;
    own.delete(component);
    if (before !== undefined) {
      logger.setLevel(component, before);
      observer.reverted({ component, level: before });
    }
  }

  return {
    show() {
      const { all, components } = logger.levels();
      return {
        level: all,
        components: Object.entries(components)
          .map(([component, level]) => ({ component, level }))
          .toSorted((one, other) => (one.component < other.component ? -1 : 1)),
        reverts: [
          ...(whole === null ? [] : [{ component: null, to: whole.before.all, at: whole.at }]),
          ...[...own].map(([component, { before, at }]) => ({ component, to: before, at })),
        ],
      };
    },
    isKnown: (component) => Object.hasOwn(logger.levels().components, component),
    inForce() {
      if (!isChanged) {
        return null;
      }
      const { all, components } = lasting();
      const now = logger.levels();
      const apart = [...components].filter(([, level]) => level !== all);
      return [
        { component: null, level: all, at: null },
        ...apart.map(([component, level]) => ({ component, level, at: null })),
        ...(whole === null ? [] : [{ component: null, level: now.all, at: whole.at }]),
        ...[...own].map(([component, { at }]) => ({
          component,
          level: now.components[component] ?? now.all,
          at,
        })),
      ];
    },
    change(change) {
      isChanged = true;
      if (change.component === null) {
        changeAll(change);
      } else {
        changeOne(change.component, change);
      }
    },
    revertAll,
    close() {
      clearTimeout(whole?.timer);
      for (const { timer } of own.values()) {
        clearTimeout(timer);
      }
    },
  };
}
