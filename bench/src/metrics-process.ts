import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { treeCpuSeconds } from "./process-tree.ts";

const ROOT = join(import.meta.dirname, "../..");

/** A metrics service in a process of its own. */
export interface MetricsUnderLoad {
  readonly url: string;
  cpuSeconds(): number;
  stop(): Promise<void>;
}

/** Starts it on this database; resolves when it listens. */
export async function startMetricsProcess(options: {
  readonly databaseUrl: string;
  readonly dataDirectory: string;
  readonly platformKey: string;
}): Promise<MetricsUnderLoad> {
  const child = spawn(process.execPath, [join(ROOT, "services/metrics/src/main.ts")], {
    env: {
      PATH: process.env["PATH"],
      HOME: process.env["HOME"],
      DATABASE_URL: options.databaseUrl,
      METRICS_DATA_DIRECTORY: options.dataDirectory,
      METRICS_HTTP_PORT: "0",
      METRICS_PLATFORM_KEY: options.platformKey,
      METRICS_INGEST_EVENTS_PER_SECOND: "10000000",
      METRICS_INGEST_BURST: "100000000",
    },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const exited = once(child, "exit");
  let said = "";
  const ready = new Promise<void>((resolve) => {
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      if (said.includes("Ctrl-C ends everything.")) {
        resolve();
      }
    });
  });
  const ended = exited.then(() => {
    throw new Error(`the metrics service under load ended: ${said}`);
  });
  await Promise.race([ready, ended]);
  ended.catch(() => undefined);
  return {
    url: /^SARK metrics service: (\S+)$/m.exec(said)?.[1] ?? "",
    cpuSeconds: () => treeCpuSeconds(child.pid ?? 0),
    async stop() {
      child.kill("SIGTERM");
      await exited;
    },
  };
}
