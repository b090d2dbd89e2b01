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

interface Measured {
  readonly perSecond: number[];
  readonly cpuMs: number[];
}

/** `tools/call` through the whole gateway, against a proxy that only passes on, to the same upstream. */
export function run(options: BenchOptions): Promise<BenchResult> {
  return withCleanup(async (defer) => {
    const folder = mkdtempSync(join(tmpdir(), "sark-bench-"));
    defer(() => rmSync(folder, { recursive: true, force: true }));
    // Durable commits are part of what is measured: this server flushes to disk.
    const postgres = await startPostgres();
    defer(() => postgres.stop());
    const upstream = await startServer<{ url: string }>("mcp-upstream");
    defer(() => upstream.stop());
    const bare = await startServer<{ url: string }>("bare-proxy", { upstream: upstream.ready.url });
    defer(() => bare.stop());
    const gateway = await startServer<{ url: string; apiKey: string }>("gateway", {
      folder,
      databaseUrl: postgres.url,
      upstream: upstream.ready.url,
    });
    defer(() => gateway.stop());
    const ours: Target = {
      url: `${gateway.ready.url}/mcp/tools`,
      headers: { ...headers, authorization: `Bearer ${gateway.ready.apiKey}` },
      body,
      check,
    };
    const reference: Target = { url: bare.ready.url, headers, body, check };
    return measure(options, { ours, reference, gateway, bare });
  });
}

async function measure(
  options: BenchOptions,
  parts: {
    readonly ours: Target;
    readonly reference: Target;
    readonly gateway: ServerProcess<unknown>;
    readonly bare: ServerProcess<unknown>;
  },
): Promise<BenchResult> {
  const { ours, reference, gateway, bare } = parts;
  const seconds = options.long ? 10 : 3;
  const rounds = options.long ? 6 : 3;
  options.progress("warming up …");
  await closedLoop(reference, CONNECTIONS, 2);
  await closedLoop(ours, CONNECTIONS, 4);

  const saturated: { ours: Measured; reference: Measured } = {
    ours: { perSecond: [], cpuMs: [] },
    reference: { perSecond: [], cpuMs: [] },
  };
  for (let round = 1; round <= rounds; round += 1) {
    options.progress(`saturation, round ${round} of ${rounds} …`);
    await saturate(reference, bare, saturated.reference, seconds);
    await saturate(ours, gateway, saturated.ours, seconds);
  }
  const rate = median(saturated.ours.perSecond) / 2;
  const latencies = { ours: [] as number[], reference: [] as number[] };
  for (let round = 1; round <= rounds; round += 1) {
    options.progress(`half load (${Math.round(rate)}/s), round ${round} of ${rounds} …`);
    latencies.reference.push(...(await openLoop(reference, rate, seconds)).latencies);
    latencies.ours.push(...(await openLoop(ours, rate, seconds)).latencies);
  }

  const ratio = median(saturated.ours.perSecond) / median(saturated.reference.perSecond);
  const added = (q: number): number => quantile(latencies.ours, q) - quantile(latencies.reference, q);
  return {
    name: "gateway",
    ratio,
    aim: "≥ 0.5 of the bare proxy's calls/s; at half load ≤ 4 ms added at p50 and ≤ 15 ms at p99",
    met: ratio >= 0.5 && added(0.5) <= 4 && added(0.99) <= 15,
    figures: {
      calls_per_second: median(saturated.ours.perSecond),
      bare_calls_per_second: median(saturated.reference.perSecond),
      cpu_ms_per_call: median(saturated.ours.cpuMs),
      bare_cpu_ms_per_call: median(saturated.reference.cpuMs),
      half_load_calls_per_second: rate,
      added_p50_ms: added(0.5),
      added_p95_ms: added(0.95),
      added_p99_ms: added(0.99),
      p50_ms: quantile(latencies.ours, 0.5),
      p99_ms: quantile(latencies.ours, 0.99),
    },
  };
}

async function saturate(
  target: Target,
  server: ServerProcess<unknown>,
  measured: Measured,
  seconds: number,
): Promise<void> {
  const before = await server.cpuSeconds();
  const { perSecond, latencies } = await closedLoop(target, CONNECTIONS, seconds);
  const cpu = (await server.cpuSeconds()) - before;
  measured.perSecond.push(perSecond);
  measured.cpuMs.push((cpu * 1_000) / latencies.length);
}
