import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { startPostgres, type TemporaryPostgres } from "@sark/testkit";
import { body, check } from "../authorize-request.ts";
import { startServer, type ServerProcess } from "../child.ts";
import { withCleanup } from "../cleanup.ts";
import { closedLoop, type LoadResult, type Target } from "../load.ts";
import { treeCpuSeconds } from "../process-tree.ts";
import type { BenchOptions, BenchResult } from "../result.ts";
import { median, quantile } from "../statistics.ts";

const CONNECTIONS = 256;

const SUBJECTS = ["ours", "plain", "constant"] as const;
type Name = (typeof SUBJECTS)[number];

interface Subject {
  readonly server: ServerProcess<unknown>;
  readonly target: Target;
}

/** Microseconds of CPU per request, by who spent them. */
interface Cost {
  readonly server: number;
  readonly database: number;
  readonly load: number;
}

type Measured = LoadResult & { readonly cost: Cost };

/** What a flush takes longer in the second part, in microseconds: a disk behind a network, or a synchronous standby. */
const SLOW_FLUSH = 3_000;

/**
 * `POST /authorize` with its durable record, against the plain way: the same token check and policy call, then one
 * INSERT and commit per request over a pool of ten. And against a route that responds with a constant.
 */
export function run(options: BenchOptions): Promise<BenchResult> {
  return withCleanup(async (defer) => {
    const folder = mkdtempSync(join(tmpdir(), "sark-bench-"));
    defer(() => rmSync(folder, { recursive: true, force: true }));
    // Durable commits are part of what is measured: this server flushes to disk.
    const postgres = await startPostgres();
    defer(() => postgres.stop());
    const gateway = await startServer<{ url: string; apiKey: string }>("gateway", {
      folder,
      databaseUrl: await postgres.createDatabase(),
      upstreams: { tools: "http://127.0.0.1:9/unused" },
    });
    defer(() => gateway.stop());
    const plain = await startServer<{ url: string }>("plain-authorize", {
      dataDirectory: join(folder, "data"),
      databaseUrl: await postgres.createDatabase(),
      policies: join(import.meta.dirname, "../../../policies"),
    });
    defer(() => plain.stop());
    const headers = {
      "content-type": "application/json",
      authorization: `Bearer ${gateway.ready.apiKey}`,
    };
    const cached = await fetch(`${plain.ready.url}/cached-decision`, { headers });
    const { milliseconds } = (await cached.json()) as { milliseconds: number };
    const target = (url: string): Target => ({ url, headers: () => headers, body, check });
    return measure(
      options,
      postgres,
      {
        ours: { server: gateway, target: target(`${gateway.ready.url}/api/v1/gateway/authorize`) },
        plain: { server: plain, target: target(`${plain.ready.url}/authorize`) },
        constant: { server: plain, target: target(`${plain.ready.url}/constant`) },
      },
      milliseconds,
    );
  });
}

async function measure(
  options: BenchOptions,
  postgres: TemporaryPostgres,
  subjects: Record<Name, Subject>,
  cachedDecisionMs: number,
): Promise<BenchResult> {
  const seconds = options.long ? 10 : 2;
  const rounds = options.long ? 6 : 3;
  const load = async (name: Name): Promise<Measured> => {
    const { server, target } = subjects[name];
    const before = { server: await server.cpuSeconds(), database: treeCpuSeconds(postgres.pid) };
    const own = process.cpuUsage();
    const result = await closedLoop(target, CONNECTIONS, seconds);
    const { user, system } = process.cpuUsage(own);
    const perRequest = (cpuSeconds: number): number => (cpuSeconds * 1e6) / result.latencies.length;
    return {
      ...result,
      cost: {
        server: perRequest((await server.cpuSeconds()) - before.server),
        database: perRequest(treeCpuSeconds(postgres.pid) - before.database),
        load: perRequest((user + system) / 1e6),
      },
    };
  };
  const alternate = async <T extends Name>(names: readonly T[], title: string, count: number) => {
    const results = Object.fromEntries(names.map((name) => [name, [] as Measured[]])) as Record<
      T,
      Measured[]
    >;
    for (let round = 1; round <= count; round += 1) {
      options.progress(`${title}, round ${round} of ${count} …`);
      for (const name of names) {
        results[name].push(await load(name));
      }
    }
    return results;
  };

  // Until the compiler has seen it all: the first seconds of a server take twice the time.
  await alternate(SUBJECTS, "warming up", 2);
  const results = await alternate(SUBJECTS, "saturation", rounds);
  await slowFlushes(postgres);
  const slow = await alternate(["ours", "plain"], "saturation, slow flushes", Math.ceil(rounds / 2));

  const ratio = rate(results.ours) / rate(results.plain);
  const p99 = (name: Name): number => latency(results[name], 0.99);
  return {
    name: "authorize",
    ratio,
    aim: "≥ 3 times the plain way's throughput at no worse p99; a cached decision ≤ 0.1 ms",
    met: ratio >= 3 && p99("ours") <= p99("plain") && cachedDecisionMs <= 0.1,
    figures: {
      requests_per_second: rate(results.ours),
      plain_requests_per_second: rate(results.plain),
      constant_requests_per_second: rate(results.constant),
      share_of_constant: rate(results.ours) / rate(results.constant),
      p50_ms: latency(results.ours, 0.5),
      plain_p50_ms: latency(results.plain, 0.5),
      p99_ms: p99("ours"),
      plain_p99_ms: p99("plain"),
      slow_flush_ratio: rate(slow.ours) / rate(slow.plain),
      slow_flush_requests_per_second: rate(slow.ours),
      slow_flush_plain_requests_per_second: rate(slow.plain),
      slow_flush_p99_ms: latency(slow.ours, 0.99),
      slow_flush_plain_p99_ms: latency(slow.plain, 0.99),
      cached_decision_ms: cachedDecisionMs,
      ...costs("", results.ours),
      ...costs("plain_", results.plain),
      ...costs("constant_", results.constant),
    },
  };
}

/** Each flush of the log now waits first, and takes along who else commits meanwhile: as a slower disk would. */
async function slowFlushes(postgres: TemporaryPostgres): Promise<void> {
  const client = new pg.Client(postgres.url);
  await client.connect();
  await client.query(`ALTER SYSTEM SET commit_delay = ${SLOW_FLUSH}`);
  await client.query("ALTER SYSTEM SET commit_siblings = 0");
  await client.query("SELECT pg_reload_conf()");
  await client.end();
}

function rate(results: readonly Measured[]): number {
  return median(results.map(({ perSecond }) => perSecond));
}

function latency(results: readonly Measured[], q: number): number {
  return quantile(
    results.flatMap(({ latencies }) => latencies),
    q,
  );
}

function costs(prefix: string, results: readonly Measured[]): Record<string, number> {
  const of = (part: keyof Cost): number => median(results.map(({ cost }) => cost[part]));
  return {
    [`${prefix}server_cpu_us`]: of("server"),
    [`${prefix}database_cpu_us`]: of("database"),
    [`${prefix}load_cpu_us`]: of("load"),
  };
}
