import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres, startRedis } from "@sark/testkit";
import { startServer } from "../child.ts";
import { withCleanup } from "../cleanup.ts";
import { startGatewayProcess, type GatewayUnderLoad } from "../gateway-process.ts";
import { closedLoop, type Target } from "../load.ts";
import { statelessCall } from "../mcp-calls.ts";
import type { BenchOptions, BenchResult } from "../result.ts";
import { median } from "../statistics.ts";

const CALLERS = 64;
const WORKERS = [1, 2] as const;

interface Subject {
  readonly gateway: GatewayUnderLoad;
  readonly target: Target;
  readonly perSecond: number[];
  readonly cpuMs: number[];
}

/**
 * `tools/call` through a gateway of one worker and through one of two, in turn, to the same server that costs next to nothing.
 * Load, server, PostgreSQL and Redis take their part of the same cores: the ratio says what is left of a second worker then.
 */
export function run(options: BenchOptions): Promise<BenchResult> {
  return withCleanup(async (defer) => {
    const folder = mkdtempSync(join(tmpdir(), "sark-bench-"));
    defer(() => rmSync(folder, { recursive: true, force: true }));
    const postgres = await startPostgres();
    defer(() => postgres.stop());
    const redis = await startRedis();
    defer(() => redis.close());
    const noop = await startServer<{ url: string }>("mcp-upstream");
    defer(() => noop.stop());

    const subjects: Subject[] = [];
    for (const workers of WORKERS) {
      const gateway = await startGatewayProcess({
        folder: join(folder, `workers-${workers}`),
        databaseUrl: await postgres.createDatabase(),
        settings: {
          workers,
          redis: { url: `redis://127.0.0.1:${redis.port}` },
          upstreams: [{ name: "noop", transport: "http", url: noop.ready.url, sensitivity: "low" }],
        },
      });
      defer(() => gateway.stop());
      const headers = { authorization: `Bearer ${gateway.apiKey}` };
      const target = statelessCall({ url: `${gateway.url}/mcp/noop`, headers });
      subjects.push({ gateway, target, perSecond: [], cpuMs: [] });
    }
    return measure(options, subjects);
  });
}

async function measure(options: BenchOptions, subjects: readonly Subject[]): Promise<BenchResult> {
  const seconds = options.long ? 10 : 3;
  const rounds = options.long ? 6 : 4;
  options.progress("warming up …");
  for (const { target } of subjects) {
    await closedLoop(target, CALLERS, seconds);
  }
  for (let round = 1; round <= rounds; round += 1) {
    options.progress(`round ${round} of ${rounds} …`);
    for (const subject of round % 2 === 0 ? subjects.toReversed() : subjects) {
      await saturate(subject, seconds);
    }
  }
  const [one, two] = subjects.map(({ perSecond }) => median(perSecond)) as [number, number];
  const [cpuOfOne, cpuOfTwo] = subjects.map(({ cpuMs }) => median(cpuMs)) as [number, number];
  const ratio = two / one;
  return {
    name: "scale",
    ratio,
    aim: "2 workers take more calls/s than 1 wherever a core is left for the second",
    met: ratio > 1,
    figures: {
      cores: availableParallelism(),
      one_worker_calls_per_second: one,
      two_workers_calls_per_second: two,
      one_worker_cpu_ms_per_call: cpuOfOne,
      two_workers_cpu_ms_per_call: cpuOfTwo,
    },
  };
}

async function saturate({ gateway, target, perSecond, cpuMs }: Subject, seconds: number): Promise<void> {
  const before = gateway.cpuSeconds();
  const result = await closedLoop(target, CALLERS, seconds);
  perSecond.push(result.perSecond);
  cpuMs.push(((gateway.cpuSeconds() - before) * 1_000) / result.latencies.length);
}
