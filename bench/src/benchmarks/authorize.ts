import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres } from "@sark/testkit";
import { startServer } from "../child.ts";
import { withCleanup } from "../cleanup.ts";
import { closedLoop, type Target } from "../load.ts";
import type { BenchOptions, BenchResult } from "../result.ts";
import { median, quantile } from "../statistics.ts";

const CONNECTIONS = 256;

const body = JSON.stringify({
  action: "gateway:tool:invoke",
  server_name: "tools",
  tool_name: "answer",
  parameters: { question: "what is six times seven" },
  gateway_metadata: {},
  context: {},
});

function check(status: number, text: string): void {
  if (status !== 200 || !text.includes('"allow":true')) {
    throw new Error(`unexpected answer: ${status} ${text.slice(0, 300)}`);
  }
}

const SUBJECTS = ["ours", "plain", "constant"] as const;
type Subject = (typeof SUBJECTS)[number];

/**
 * `POST /authorize` with its durable record, against the plain way: the same token check and policy call, then one
 * INSERT and commit per request over a pool of ten. And against a route that answers a constant.
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
    const targets: Record<Subject, Target> = {
      ours: { url: `${gateway.ready.url}/api/v1/gateway/authorize`, headers, body, check },
      plain: { url: `${plain.ready.url}/authorize`, headers, body, check },
      constant: { url: `${plain.ready.url}/constant`, headers, body, check },
    };
    return measure(options, targets, milliseconds);
  });
}

async function measure(
  options: BenchOptions,
  targets: Record<Subject, Target>,
  cachedDecisionMs: number,
): Promise<BenchResult> {
  const seconds = options.long ? 10 : 3;
  const rounds = options.long ? 6 : 4;
  options.progress("warming up …");
  for (const subject of SUBJECTS) await closedLoop(targets[subject], CONNECTIONS, 2);

  const perSecond: Record<Subject, number[]> = { ours: [], plain: [], constant: [] };
  const latencies: Record<Subject, number[]> = { ours: [], plain: [], constant: [] };
  for (let round = 1; round <= rounds; round += 1) {
    options.progress(`round ${round} of ${rounds} …`);
    for (const subject of SUBJECTS) {
      const measured = await closedLoop(targets[subject], CONNECTIONS, seconds);
      perSecond[subject].push(measured.perSecond);
      latencies[subject].push(...measured.latencies);
    }
  }
  const ratio = median(perSecond.ours) / median(perSecond.plain);
  const p99 = (subject: Subject): number => quantile(latencies[subject], 0.99);
  return {
    name: "authorize",
    ratio,
    aim: "≥ 3 times the plain way's throughput at no worse p99; a cached decision ≤ 0.1 ms",
    met: ratio >= 3 && p99("ours") <= p99("plain") && cachedDecisionMs <= 0.1,
    figures: {
      requests_per_second: median(perSecond.ours),
      plain_requests_per_second: median(perSecond.plain),
      constant_requests_per_second: median(perSecond.constant),
      share_of_constant: median(perSecond.ours) / median(perSecond.constant),
      p50_ms: quantile(latencies.ours, 0.5),
      plain_p50_ms: quantile(latencies.plain, 0.5),
      p99_ms: p99("ours"),
      plain_p99_ms: p99("plain"),
      cached_decision_ms: cachedDecisionMs,
    },
  };
}
