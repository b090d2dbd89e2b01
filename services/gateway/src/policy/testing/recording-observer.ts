import type { PolicyObserver } from "../observer.ts";

type Event = { [Name in keyof PolicyObserver]: { name: Name; event: Parameters<PolicyObserver[Name]>[0] } };

export interface RecordingObserver extends PolicyObserver {
  /** Everything that was observed under this name, in order. */
  seen<Name extends keyof PolicyObserver>(name: Name): Event[Name]["event"][];
}

export function createRecordingObserver(): RecordingObserver {
  const events: { name: keyof PolicyObserver; event: unknown }[] = [];
  const record = (name: keyof PolicyObserver) => (event?: unknown) => void events.push({ name, event });
  return {
    asked: record("asked"),
    decided: record("decided"),
    loaded: record("loaded"),
    loadFailed: record("loadFailed"),
    cacheOpened: record("cacheOpened"),
    cacheHit: record("cacheHit"),
    tokenFileChanged: record("tokenFileChanged"),
    cacheMiss: record("cacheMiss"),
    evicted: record("evicted"),
    seen: (name) => events.filter((entry) => entry.name === name).map(({ event }) => event) as never,
  };
}
