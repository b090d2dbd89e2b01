import {
  createLevelSignal,
  type LevelChange,
  type LevelInForce,
  type LevelSignalObserver,
  type LogLevelControl,
} from "@sark/observability/service";
import type { Json } from "@sark/json";
import type { ProcessGroup } from "../domain/process-group.ts";

/** A signal that reaches several processes of a group reaches all of them within this. */
const ONE_SIGNAL_MS = 1_000;

/** Log levels of all processes behind one address: which of them a request, or a signal, reaches is not known. */
export interface GroupLogLevels extends Omit<LogLevelControl, "change"> {
  change(change: LevelChange): Promise<void>;
  /** What the signal for debugging does. */
  signalled(): void;
}

/** Keeps this process's levels and those of the others the same, also where this one starts later. */
export function createGroupLogLevels(
  group: ProcessGroup,
  own: LogLevelControl,
  observer: LevelSignalObserver,
): GroupLogLevels {
  const switchLevels = createLevelSignal(own, observer);
  /** What was changed while the others were asked what is in force here. */
  let meanwhile: (() => void)[] | null = [];
  let switchedAt = -Infinity;

  function follow(act: () => void): null {
    act();
    meanwhile?.push(act);
    return null;
  }

  group.onAsked("log-level", (change) => follow(() => own.change(change as unknown as LevelChange)));
  // Sent to a whole group of processes, a signal comes to each of them by itself, and by the first process once more.
  group.onAsked("log-level-signal", () => {
    const now = performance.now();
    if (now - switchedAt < ONE_SIGNAL_MS) {
      return null;
    }
    switchedAt = now;
    return follow(switchLevels);
  });
  group.onAsked("log-levels-in-force", () => (own.inForce() as Json | null) ?? null);
  void group.ask("log-levels-in-force", null).then((responses) => {
    const later = meanwhile ?? [];
    meanwhile = null;
    const inForce = responses.find((one) => one !== null) as LevelInForce[] | undefined;
    for (const { component, level, at } of inForce ?? []) {
      const forMs = at === null ? null : Math.max(1, at - Date.now());
      own.change({ component, level, forMs });
    }
    for (const act of inForce === undefined ? [] : later) {
      act();
    }
  });
  return {
    ...own,
    async change(change) {
      await group.ask("log-level", { ...change });
    },
    signalled: () => void group.ask("log-level-signal", null),
  };
}
