import { fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { createApiClient, connectLive, type LiveClientUnderTest } from "@sark/metrics-service/testing";
import type { FaultProxy } from "../../faults/fault-proxy.ts";
import type { InnerFault } from "./inner-faults.ts";
import { mountSmallDisk, type SmallDisk } from "./small-disk.ts";
import type { Ground, Part } from "./part.ts";

const MAIN = join(import.meta.dirname, "../../../services/metrics/src/main.ts");
const TENANTS = 4;

/** What its tenants do, each again and again. */
export interface Habits {
  /** Different users of each tenant. Default: 15. */
  readonly users?: number;
  readonly score?: number;
  /** Whether events are sent. Default: they are. */
  readonly sends?: boolean;
  /** How often KPIs are read for each time that events are sent. Default: 1. */
  readonly reads?: number;
  readonly pauseMs?: number;
  /** Of each tenant. Default: 1. */
  readonly atOnce?: number;
}

export interface MetricsServicePart {
  /** What stands between the service and its database, Prometheus and it, live clients and it. */
  readonly ways: Readonly<Record<"database" | "scrapes" | "clients", FaultProxy>>;
  readonly disk: SmallDisk;
  /** Of the login that owns the tables; not through the way. */
  readonly databaseUrl: string;
  /** Tells its process to go wrong. */
  goWrong(fault: InnerFault): void;
  /** Has its tenants do this from now on, in the place of what they did. */
  behave(habits: Habits): void;
  connectLive(): Promise<LiveClientUnderTest>;
}

/** The metrics service in a process of its own, with tenants that send and read. */
export const metricsService: Part<MetricsServicePart> = {
  async start(ground) {
    const databaseUrl = await ground.newDatabase();
    const database = await ground.through(Number(new URL(databaseUrl).port));
    const disk = mountSmallDisk(ground, "metrics-disk");
    const { url, tell } = await startProcess(ground, {
      DATABASE_URL: at(databaseUrl, database),
      METRICS_DATA_DIRECTORY: disk.path,
    });
    const platformKey = readFileSync(join(disk.path, "platform.key"), "utf8").trim();
    const port = Number(new URL(url).port);
    const scrapes = await ground.through(port);
    const clients = await ground.through(port);
    const api = createApiClient(url, platformKey);
    const keys = await Promise.all(
      Array.from({ length: TENANTS }, (_, index) => api.tenant(`tenant-${index}`)),
    );
    let count = 0;
    let stopped = new AbortController();
    ground.undo(() => stopped.abort());

    async function round(key: (typeof keys)[number], habits: Habits): Promise<void> {
      const { users = 15, score = 80, sends = true, reads = 1 } = habits;
      count += 1;
      const user = `user-${count % users}`;
      if (sends) {
        const activity = { id: `a-${count}`, user_id: user, type: "login" };
        await api.send(key.sender, "POST", "/v1/activity", activity);
        const rated = { id: `s-${count}`, user_id: user, score, user_role: "engineer" };
        await api.send(key.sender, "POST", "/v1/scores", rated);
      }
      for (let read = 0; read < reads; read += 1) {
        await api.send(key.viewer, "GET", "/v1/kpis/active-users");
      }
    }

    return {
      value: {
        ways: { database, scrapes, clients },
        disk,
        databaseUrl,
        goWrong: tell,
        behave(habits) {
          stopped.abort();
          stopped = new AbortController();
          const { signal } = stopped;
          for (const key of Array.from({ length: habits.atOnce ?? 1 }, () => keys).flat()) {
            void (async () => {
              while (!signal.aborted) {
                await round(key, habits).catch(() => undefined);
                await wait(habits.pauseMs ?? 100, undefined, { signal }).catch(() => undefined);
              }
            })();
          }
        },
        connectLive: () =>
          connectLive(`http://127.0.0.1:${clients.port}`, {
            headers: { authorization: `Bearer ${keys[0]?.viewer}` },
          }),
      },
      targets: [
        {
          job: "sark-metrics",
          url: `http://127.0.0.1:${scrapes.port}`,
          apiKey: platformKey,
          // A minute holds two scrapes; a scrape may take no longer than that, and a busy process takes most of a second.
          scrapeInterval: `${Math.max(500, 30_000 / ground.scale)}ms`,
        },
      ],
    };
  },
};

/** Its heap is small, so that a leak reaches its end soon. */
const HEAP_MIB = 512;
/** So near its limit V8 ends a process that has less time for its work than for collecting, as on a busy machine. */
const KEEP_GOING = "--no-detect-ineffective-gcs-near-heap-limit";

async function startProcess(ground: Ground, settings: Readonly<Record<string, string>>) {
  const child = fork(MAIN, [], {
    execArgv: [
      `--max-old-space-size=${HEAP_MIB}`,
      KEEP_GOING,
      "--import",
      join(import.meta.dirname, "inner-faults.ts"),
    ],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    env: {
      PATH: process.env["PATH"],
      INNER_FAULTS_HEAP: String(HEAP_MIB),
      METRICS_HTTP_PORT: "0",
      METRICS_LOGGING_FORMAT: "json",
      METRICS_KPIS_REFRESH_INTERVAL: "1s",
      METRICS_ROLLUPS_INTERVAL: "100ms",
      METRICS_JOBS_RETRY_DELAY: "1s",
      METRICS_DATABASE_MAX_CONNECTIONS: "5",
      ...settings,
    },
  });
  const ended = once(child, "exit");
  ground.undo(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-4_000)));
  const listening = Promise.withResolvers<string>();
  void ended.then(() => listening.reject(new Error(`the metrics service ended: ${said}`)));
  listening.promise.catch(() => undefined);
  createInterface({ input: child.stdout ?? process.stdin }).on("line", (line) => {
    const [, url] = /"url":"(http[^"]+)"/.exec(line) ?? [];
    if (url !== undefined) {
      listening.resolve(url);
    }
  });
  return { url: await listening.promise, tell: (fault: InnerFault) => void child.send(fault) };
}

function at(databaseUrl: string, { port }: FaultProxy): string {
  const url = new URL(databaseUrl);
  url.hostname = "127.0.0.1";
  url.port = String(port);
  return url.href;
}
