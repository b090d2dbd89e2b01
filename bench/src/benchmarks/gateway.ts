import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres } from "@sark/testkit";
import { startServer, type ServerProcess } from "../child.ts";
import { withCleanup } from "../cleanup.ts";
import { closedLoop, openLoop, type Target } from "../load.ts";
import type { BenchOptions, BenchResult } from "../result.ts";
import { median, quantile } from "../statistics.ts";

const CONNECTIONS = 64;

const headers = {
  "content-type": "application/json",
  accept: "application/json, text/event-stream",
  "mcp-protocol-version": "2026-07-28",
  "mcp-method": "tools/call",
  "mcp-name": "answer",
};
const body = JSON.stringify({
  jsonrpc: "2.0",
  id: 1,
  method: "tools/call",
  params: {
    name: "answer",
    arguments: { question: "what is six times seven", depth: 3 },
    _meta: {
      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
      "io.modelcontextprotocol/clientCapabilities": {},
      "io.modelcontextprotocol/clientInfo": { name: "bench", version: "1" },
    },
  },
});

function check(status: number, text: string): void {
  if (status !== 200 || !text.includes('"42"'))
    throw new Error(`unexpected answer: ${status} ${text.slice(0, 300)}`);
}

/** What answers behind both: a server as people write them, and one that costs next to nothing. */
const UPSTREAMS = ["sdk", "noop"] as const;
type UpstreamName = (typeof UPSTREAMS)[number];

interface Subject {
  readonly target: (upstream: UpstreamName) => Target;
  readonly server: ServerProcess<unknown>;
}

interface Saturated {
  readonly perSecond: number[];
  readonly cpuMs: number[];
}

/**
 * `tools/call` through the whole gateway, against a proxy that only passes on, to the same upstream. The ratio is that
 * of a server of the official SDK, as users have them; the one to a server that does nothing shows the bare overhead.
 */
export function run(options: BenchOptions): Promise<BenchResult> {
  return withCleanup(async (defer) => {
    const folder = mkdtempSync(join(tmpdir(), "sark-bench-"));
    defer(() => rmSync(folder, { recursive: true, force: true }));
    // Durable commits are part of what is measured: this server flushes to disk.
    const postgres = await startPostgres();
    defer(() => postgres.stop());
    const otlp = await startServer<{ url: string }>("otlp-sink");
    defer(() => otlp.stop());
    const sdk = await startServer<{ url: string }>("mcp-sdk-upstream");
    defer(() => sdk.stop());
    const noop = await startServer<{ url: string }>("mcp-upstream");
    defer(() => noop.stop());
    const upstreams = { sdk: sdk.ready.url, noop: noop.ready.url };
    const bare = await startServer<{ url: string }>("bare-proxy", { upstreams });
    defer(() => bare.stop());
    const gateway = await startServer<{ url: string; apiKey: string }>("gateway", {
      folder,
      databaseUrl: postgres.url,
      upstreams,
      otlp: otlp.ready.url,
    });
    defer(() => gateway.stop());
    const authorization = `Bearer ${gateway.ready.apiKey}`;
    return measure(options, {
      ours: {
        server: gateway,
        target: (name) => ({
          url: `${gateway.ready.url}/mcp/${name}`,
          headers: { ...headers, authorization },
          body,
          check,
        }),
      },
      reference: {
        server: bare,
        target: (name) => ({ url: `${bare.ready.url}/mcp/${name}`, headers, body, check }),
      },
    });
  });
}

async function measure(
  options: BenchOptions,
  subjects: { readonly ours: Subject; readonly reference: Subject },
): Promise<BenchResult> {
  const { ours, reference } = subjects;
  const seconds = options.long ? 10 : 2;
  const rounds = options.long ? 6 : 3;
  options.progress("warming up …");
  for (const name of UPSTREAMS) {
    await closedLoop(reference.target(name), CONNECTIONS, 1);
    await closedLoop(ours.target(name), CONNECTIONS, 2);
  }

  const saturated = { ours: emptyFigures(), reference: emptyFigures() };
  for (let round = 1; round <= rounds; round += 1) {
    for (const name of UPSTREAMS) {
      options.progress(`saturation, ${name}, round ${round} of ${rounds} …`);
      await saturate(reference, name, saturated.reference[name], seconds);
      await saturate(ours, name, saturated.ours[name], seconds);
    }
  }
  const rate = median(saturated.ours.sdk.perSecond) / 2;
  const latencies = { ours: [] as number[], reference: [] as number[] };
  for (let round = 1; round <= rounds; round += 1) {
    options.progress(`half load (${Math.round(rate)}/s), round ${round} of ${rounds} …`);
    latencies.reference.push(...(await openLoop(reference.target("sdk"), rate, seconds)).latencies);
    latencies.ours.push(...(await openLoop(ours.target("sdk"), rate, seconds)).latencies);
  }

  const perSecond = (who: "ours" | "reference", name: UpstreamName): number =>
    median(saturated[who][name].perSecond);
  const ratio = perSecond("ours", "sdk") / perSecond("reference", "sdk");
  const added = (q: number): number => quantile(latencies.ours, q) - quantile(latencies.reference, q);
  return {
    name: "gateway",
    ratio,
    aim: "≥ 0.5 of the bare proxy's calls/s; at half load ≤ 4 ms added at p50 and ≤ 15 ms at p99",
    met: ratio >= 0.5 && added(0.5) <= 4 && added(0.99) <= 15,
    figures: {
      calls_per_second: perSecond("ours", "sdk"),
      bare_calls_per_second: perSecond("reference", "sdk"),
      half_load_calls_per_second: rate,
      added_p50_ms: added(0.5),
      added_p95_ms: added(0.95),
      added_p99_ms: added(0.99),
      noop_ratio: perSecond("ours", "noop") / perSecond("reference", "noop"),
      noop_calls_per_second: perSecond("ours", "noop"),
      noop_bare_calls_per_second: perSecond("reference", "noop"),
      cpu_ms_per_call: median(saturated.ours.noop.cpuMs),
      bare_cpu_ms_per_call: median(saturated.reference.noop.cpuMs),
    },
  };
}

function emptyFigures(): Record<UpstreamName, Saturated> {
  return { sdk: { perSecond: [], cpuMs: [] }, noop: { perSecond: [], cpuMs: [] } };
}

async function saturate(
  { server, target }: Subject,
  name: UpstreamName,
  figures: Saturated,
  seconds: number,
): Promise<void> {
  const before = await server.cpuSeconds();
  const { perSecond, latencies } = await closedLoop(target(name), CONNECTIONS, seconds);
  const cpu = (await server.cpuSeconds()) - before;
  figures.perSecond.push(perSecond);
  figures.cpuMs.push((cpu * 1_000) / latencies.length);
}
