// A process that logs numbered lines into files and ends in the way that it is told. Argument: JSON of { directory, from, lines, ending }.
import { Worker } from "node:worker_threads";
import { installCrashHandlers } from "../crash.ts";
import { openLogFiles } from "../files/open-log-files.ts";
import { createLogger } from "../logger.ts";

/** Ways in which a process ends, each in the moment in which its last line was logged. */
const ENDINGS = {
  "its end": () => undefined,
  "an exit": () => process.exit(7),
  "an exception": () => {
    throw new Error("boom");
  },
  "a rejection": () => void Promise.reject(new Error("boom")),
  SIGKILL: () => process.kill(process.pid, "SIGKILL"),
  SIGTERM: () => process.kill(process.pid, "SIGTERM"),
  "an abort": () => process.abort(),
  "a full stack": function recurse(): void {
    recurse();
    recurse();
  },
  // Its `error` is heard by no one: an uncaught exception.
  "a worker out of memory": () =>
    void new Worker("const all = []; for (;;) all.push(new Array(1e5).fill(Math.random()));", {
      eval: true,
      resourceLimits: { maxOldGenerationSizeMb: 8 },
    }),
};
export type Ending = keyof typeof ENDINGS;

export interface EndingSettings {
  readonly directory: string;
  readonly from: number;
  readonly lines: number;
  readonly ending: Ending;
}

const settings = process.argv[2];
if (settings !== undefined) {
  const { directory, from, lines, ending } = JSON.parse(settings) as EndingSettings;
  const files = openLogFiles({
    directory,
    maxFileBytes: Math.max(16_384, lines * 20),
    maxTotalBytes: 2 ** 40,
    compressAfterSeconds: 0,
  });
  const logger = createLogger({
    service: "ending",
    environment: "test",
    version: "1",
    level: "info",
    destination: files,
  });
  installCrashHandlers(logger, { graceMs: 60_000 });
  for (let n = from; n < from + lines; n += 1) {
    logger.info({ n }, "line");
    if (n % 100 === 0) {
      // Compression goes on meanwhile.
      await new Promise(setImmediate);
    }
  }
  ENDINGS[ending]();
}

export const ALL_ENDINGS = Object.keys(ENDINGS) as readonly Ending[];
