import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres } from "@sark/testkit";
import { body, check } from "../authorize-request.ts";
import { startServer } from "../child.ts";
import { withCleanup } from "../cleanup.ts";
import { closedLoop, type LoadResult } from "../load.ts";
import type { BenchOptions, BenchResult } from "../result.ts";
import { quantile } from "../statistics.ts";
import type { Part } from "../switches.ts";

const CONNECTIONS = 16;

/** What is left out. `everything_again` says what differences mean nothing. */
const VARIANTS = {
  everything: [],
  everything_again: [],
  without_lines: ["lines"],
  without_metrics: ["metrics"],
  without_traces: ["traces"],
  without_all: ["lines", "metrics", "traces"],
} as const satisfies Record<string, readonly Part[]>;
type Name = keyof typeof VARIANTS;
const NAMES = Object.keys(VARIANTS) as Name[];

type Measured = LoadResult & { readonly cpuUs: number };

/**
 * What log lines in files, metrics and traces at 1 % cost a request, of the gateway's own processor time and of its latency:
 * one process, in which each part is left out in turn.
 */
export function run(options: BenchOptions): Promise<BenchResult> {
  return withCleanup(async (defer) => {
    const folder = mkdtempSync(join(tmpdir(), "sark-bench-overhead-"));
    defer(() => rmSync(folder, { recursive: true, force: true }));
    const postgres = await startPostgres();
    defer(() => postgres.stop());
    const collector = await startServer<{ url: string }>("otlp-sink");
    defer(() => collector.stop());
    const server = await startServer<{ url: string; apiKey: string }>("switchable-gateway", {
      folder,
      databaseUrl: await postgres.createDatabase(),
      upstreams: { tools: "http://127.0.0.1:9/unused" },
      changes: { tracing: { endpoint: collector.ready.url, sampleRatio: 0.01 } },
    });
    defer(() => server.stop());
    const headers = { "content-type": "application/json", authorization: `Bearer ${server.ready.apiKey}` };
    const target = {
      url: `${server.ready.url}/api/v1/gateway/authorize`,
      headers: () => headers,
      body,
      check,
    };

    async function measure(name: Name, seconds: number): Promise<Measured> {
      server.tell({ off: VARIANTS[name] });
      const before = await server.cpuSeconds();
      const result = await closedLoop(target, CONNECTIONS, seconds);
      const cpuUs = (((await server.cpuSeconds()) - before) * 1e6) / result.latencies.length;
      return { ...result, cpuUs };
    }

    const rounds = options.long ? 100 : 30;
    options.progress("warming up …");
    await measure("everything", 6);
    await measure("without_all", 3);
    const measured: Record<Name, Measured>[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      options.progress(`round ${round} of ${rounds} …`);
      const results = new Map<Name, Measured>();
      for (const name of shuffled(NAMES)) {
        results.set(name, await measure(name, 0.5));
      }
      measured.push(Object.fromEntries(results) as Record<Name, Measured>);
    }
    return summarize(measured);
  });
}

/** Each time in another order: what a machine does meanwhile, and what one leaves to the next, meets all of them. */
function shuffled<T>(values: readonly T[]): readonly T[] {
  return values
    .map((value) => ({ value, at: Math.random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ value }) => value);
}

function summarize(measured: readonly Record<Name, Measured>[]): BenchResult {
  const total = (name: Name, count: (result: Measured) => number) =>
    measured.reduce((sum, round) => sum + count(round[name]), 0);
  /** Of all rounds together: two measurements of the same differed by 0.2 % so, by 2 % in their medians. */
  const cpu = (name: Name) =>
    total(name, ({ cpuUs, latencies }) => cpuUs * latencies.length) /
    total(name, ({ latencies }) => latencies.length);
  const latency = (name: Name, q: number) =>
    quantile(
      measured.flatMap((round) => round[name].latencies),
      q,
    );
  const ratio = cpu("everything") / cpu("without_all");
  return {
    name: "overhead",
    ratio,
    lowerIsBetter: true,
    aim: "log lines, metrics and traces at 1 % cost < 5 % of the gateway's processor time for a request; 2 % is what is wanted",
    met: ratio < 1.05,
    figures: {
      ...Object.fromEntries(
        NAMES.filter((name) => name !== "everything" && name !== "without_all").map((name) => [
          `everything_to_${name}`,
          cpu("everything") / cpu(name),
        ]),
      ),
      ...Object.fromEntries(
        NAMES.flatMap((name) => [
          [`${name}_cpu_us`, cpu(name)],
          [`${name}_p50_ms`, latency(name, 0.5)],
          [`${name}_p99_ms`, latency(name, 0.99)],
        ]),
      ),
    },
  };
}
