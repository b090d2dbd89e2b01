import { Session } from "node:inspector/promises";
import { wait } from "../waiting/wait.ts";

/** `cpu`: where the thread spends its time. `heap`: where memory is allocated, by samples. */
export const PROFILE_KINDS = ["cpu", "heap"] as const;
/** What a profile is of. */
export type ProfileKind = (typeof PROFILE_KINDS)[number];

/** Another profile is being taken: they would measure each other. */
export class ProfilerBusyError extends Error {
  override readonly name = "ProfilerBusyError";
  readonly code = "profiler_busy";
}

/** Takes profiles of the thread that it was made in, one at a time. */
export interface Profiler {
  /**
   * The profile of this thread over so many milliseconds, less where `signal` is aborted: JSON as Chrome's developer tools
   * read it (`.cpuprofile`, `.heapprofile`). It names functions and files, and holds no value of the program. Rejects
   * with `ProfilerBusyError` while one is being taken.
   */
  take(kind: ProfileKind, ms: number, signal?: AbortSignal): Promise<string>;
}

/** Microseconds between two samples of the stack: 1,000 a second cost about 1 % of the processor. */
const CPU_INTERVAL_US = 1_000;
/** Bytes between two samples of allocations, V8's own default. */
const HEAP_INTERVAL_BYTES = 32_768;

/** Nothing runs, and costs anything, unless a profile is being taken. */
export function createProfiler(): Profiler {
  let busy = false;
  return {
    async take(kind, ms, signal) {
      if (busy) {
        throw new ProfilerBusyError("a profile is being taken already");
      }
      busy = true;
      const session = new Session();
      try {
        session.connect();
        return await (kind === "cpu" ? cpuProfile : heapProfile)(session, () =>
          wait(ms, signal === undefined ? {} : { signal }),
        );
      } finally {
        session.disconnect();
        busy = false;
      }
    },
  };
}

async function cpuProfile(session: Session, meanwhile: () => Promise<unknown>): Promise<string> {
  await session.post("Profiler.enable");
  await session.post("Profiler.setSamplingInterval", { interval: CPU_INTERVAL_US });
  await session.post("Profiler.start");
  await meanwhile();
  const { profile } = await session.post("Profiler.stop");
  return JSON.stringify(profile);
}

async function heapProfile(session: Session, meanwhile: () => Promise<unknown>): Promise<string> {
  await session.post("HeapProfiler.startSampling", { samplingInterval: HEAP_INTERVAL_BYTES });
  await meanwhile();
  const { profile } = await session.post("HeapProfiler.stopSampling");
  return JSON.stringify(profile);
}
