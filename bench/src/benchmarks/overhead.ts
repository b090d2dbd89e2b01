import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres } from "@sark/testkit";
import { body, check } from "../authorize-request.ts";
import { startServer, type ServerProcess } from "../child.ts";
import { withCleanup } from "../cleanup.ts";
import { closedLoop, type LoadResult, type Target } from "../load.ts";
import type { BenchOptions, BenchResult } from "../result.ts";
import { quantile } from "../statistics.ts";

const CONNECTIONS = 16;
const SILENT = { logging: { level: "fatal" } };
const UNTRACED = { tracing: {} };

/** What is changed of a gateway that has all: lines in files, traces at 1 %. Metrics cannot be switched off. */
const VARIANTS = {
  everything: {},
  without_lines: SILENT,
  without_traces: UNTRACED,
  without_both: { ...SILENT, ...UNTRACED },
  every_trace: { sampleRatio: 1 },
} as const;
type Name = keyof typeof VARIANTS;
const NAMES = Object.keys(VARIANTS) as Name[];

interface Subject {
  readonly server: ServerProcess<{ readonly url: string; readonly apiKey: string }>;
  readonly target: Target;
}
type Measured = LoadResult & { readonly cpuUs: number };

/** What log lines and traces cost a request, of the gateway's own processor time, with each part left out in turn. */
export function run(options: BenchOptions): Promise<BenchResult> {
  return withCleanup(async (defer) => {
    const folder = mkdtempSync(join(tmpdir(), "sark-bench-overhead-"));
    defer(() => rmSync(folder, { recursive: true, force: true }));
    const postgres = await startPostgres();
    defer(() => postgres.stop());
    const collector = await startServer<{ url: string }>("otlp-sink");
    defer(() => collector.stop());

    async function start(name: Name): Promise<Subject> {
      const own = join(folder, name);
      mkdirSync(own);
      const { sampleRatio, ...changes } = { sampleRatio: 0.01, ...VARIANTS[name] };
      const server = await startServer<{ url: string; apiKey: string }>("gateway", {
        folder: own,
        databaseUrl: await postgres.createDatabase(),
        upstreams: { tools: "http://127.0.0.1:9/unused" },
        changes: { tracing: { endpoint: collector.ready.url, sampleRatio }, ...changes },
      });
      defer(() => server.stop());
      const headers = {
        "content-type": "application/json",
        authorization: `Bearer ${server.ready.apiKey}`,
      };
      return {
        server,
        target: { url: `${server.ready.url}/api/v1/gateway/authorize`, headers: () => headers, body, check },
      };
    }
    const subjects = new Map<Name, Subject>();
    for (const name of NAMES) {
      subjects.set(name, await start(name));
    }
    const measured = await alternate(subjects, options);
    /** The better quarter: what a machine does beside it only adds. */
    const cpu = (name: Name) =>
      quantile(
        (measured.get(name) ?? []).map(({ cpuUs }) => cpuUs),
        0.25,
      );
    const latency = (name: Name, q: number) =>
      quantile(
        (measured.get(name) ?? []).flatMap(({ latencies }) => latencies),
        q,
      );
    const ratio = cpu("everything") / cpu("without_both");
    return {
      name: "overhead",
      ratio,
      lowerIsBetter: true,
      aim: "log lines and traces at 1 % cost < 5 % of the gateway's processor time for a request",
      met: ratio < 1.05,
      figures: Object.fromEntries(
        NAMES.flatMap((name) => [
          [`${name}_cpu_us`, cpu(name)],
          [`${name}_p50_ms`, latency(name, 0.5)],
          [`${name}_p99_ms`, latency(name, 0.99)],
        ]),
      ),
    };
  });
}

/** In turn, and each time from another one on: what a machine does meanwhile meets all of them. */
async function alternate(
  subjects: ReadonlyMap<Name, Subject>,
  options: BenchOptions,
): Promise<ReadonlyMap<Name, readonly Measured[]>> {
  const rounds = options.long ? 20 : 8;
  const seconds = options.long ? 3 : 0.6;
  const measured = new Map<Name, Measured[]>(NAMES.map((name) => [name, []]));
  for (let round = -1; round <= rounds; round += 1) {
    options.progress(round < 1 ? "warming up …" : `round ${round} of ${rounds} …`);
    for (const [at] of NAMES.entries()) {
      const name = NAMES[(at + round + 1) % NAMES.length] ?? "everything";
      const subject = subjects.get(name);
      if (subject === undefined) {
        continue;
      }
      const result = await load(subject, seconds);
      if (round >= 1) {
        measured.get(name)?.push(result);
      }
    }
  }
  return measured;
}

async function load({ server, target }: Subject, seconds: number): Promise<Measured> {
  const before = await server.cpuSeconds();
  const result = await closedLoop(target, CONNECTIONS, seconds);
  return { ...result, cpuUs: (((await server.cpuSeconds()) - before) * 1e6) / result.latencies.length };
}
