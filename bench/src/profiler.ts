import { Session } from "node:inspector/promises";

/** Samples where this process spends its processor time, from `start` on until `stop`, which resolves to a V8 CPU profile (`.cpuprofile`). */
export interface Profiler {
  start(): Promise<void>;
  stop(): Promise<object>;
}

/** Between two samples: finer ones slow down what they measure. */
const INTERVAL_US = 500;

export function createProfiler(): Profiler {
  const session = new Session();
  return {
    async start() {
      session.connect();
      await session.post("Profiler.enable");
      await session.post("Profiler.setSamplingInterval", { interval: INTERVAL_US });
      await session.post("Profiler.start");
    },
    async stop() {
      const { profile } = await session.post("Profiler.stop");
      session.disconnect();
      return profile;
    },
  };
}
