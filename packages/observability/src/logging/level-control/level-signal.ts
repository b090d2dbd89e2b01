import type { Level } from "../levels.ts";
import type { LogLevelControl } from "./log-level-control.ts";

/** What a signal does to the levels. Who sent it is not known: the owner of the process, or the system's administrator. */
export interface LevelSignalObserver {
  switched(event: { readonly level: Level; readonly forMs: number }): void;
  switchedBack(): void;
}

const LEVEL: Level = "debug";
const FOR_MS = 600_000;

/** For those who have a shell and no key: the first signal sets all components to `debug` for ten minutes, the next one ends that. */
export function createLevelSignal(
  levels: Pick<LogLevelControl, "show" | "change" | "revertAll">,
  observer: LevelSignalObserver,
): () => void {
  return () => {
    if (levels.show().reverts.some(({ component }) => component === null)) {
      levels.revertAll();
      observer.switchedBack();
      return;
    }
    levels.change({ component: null, level: LEVEL, forMs: FOR_MS });
    observer.switched({ level: LEVEL, forMs: FOR_MS });
  };
}
