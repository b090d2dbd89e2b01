import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import pg from "pg";
import { from as copyFrom } from "pg-copy-streams";
import { startPostgres } from "@sark/testkit";
import { generateApiKey } from "@sark/authentication";
import { withCleanup } from "../cleanup.ts";
import { startMetricsProcess } from "../metrics-process.ts";
import type { BenchOptions, BenchResult } from "../result.ts";
import { median } from "../statistics.ts";
import { activityLines, issueTenantKey, sendLines } from "../tenants.ts";

const BATCH = 1_000;
const SENDERS = 4;

/**
 * Durable events a second over HTTP, from one tenant's senders in batches of lines, against COPY of the same rows into the same
 * table with its keys and indexes, in turn. The service is a process of its own; the senders and the copy are this one.
 */
export function run(options: BenchOptions): Promise<BenchResult> {
  return withCleanup(async (defer) => {
    const postgres = await startPostgres();
    defer(() => postgres.stop());
    const folder = mkdtempSync(join(tmpdir(), "sark-bench-ingest-"));
    defer(() => rmSync(folder, { recursive: true, force: true }));
    const databaseUrl = await postgres.createDatabase();
    const platformKey = generateApiKey();
    const service = await startMetricsProcess({ databaseUrl, dataDirectory: folder, platformKey });
    defer(() => service.stop());
    const key = await issueTenantKey(service.url, platformKey, "bench", ["sender"]);
    const copier = new pg.Client({ connectionString: databaseUrl });
    await copier.connect();
    defer(() => copier.end());

    const perRound = options.long ? 200_000 : 60_000;
    const rounds = options.long ? 6 : 4;
    options.progress("warming up …");
    await send(service.url, key, perRound / 4);
    const ours: number[] = [];
    const copy: number[] = [];
    let cpuSeconds = 0;
    for (let round = 1; round <= rounds; round += 1) {
      options.progress(`round ${round} of ${rounds} …`);
      const before = service.cpuSeconds();
      ours.push(await send(service.url, key, perRound));
      cpuSeconds += service.cpuSeconds() - before;
      copy.push(await copyRows(copier, perRound));
    }
    const [{ count } = { count: 0 }] = (
      await copier.query<{ count: number }>("SELECT count(*)::int FROM metrics.activity_events")
    ).rows;
    const expected = perRound / 4 + 2 * rounds * perRound;
    if (count !== expected) {
      throw new Error(`${count} events are stored, and ${expected} were sent`);
    }
    const ratio = median(ours) / median(copy);
    return {
      name: "ingest",
      ratio,
      aim: "≥ 0.5 of COPY, ≥ 10,000 durable events/s",
      met: ratio >= 0.5 && median(ours) >= 10_000,
      figures: {
        events_per_second: median(ours),
        copy_rows_per_second: median(copy),
        service_cpu_us_per_event: (cpuSeconds * 1e6) / (rounds * perRound),
      },
    };
  });
}

/** Events a second, each acknowledged. */
async function send(url: string, key: string, count: number): Promise<number> {
  const batches = Array.from({ length: count / BATCH }, () => activityLines(BATCH));
  const started = performance.now();
  await Promise.all(
    Array.from({ length: SENDERS }, async () => {
      for (let body = batches.pop(); body !== undefined; body = batches.pop()) {
        await sendLines(url, key, body, BATCH);
      }
    }),
  );
  return count / ((performance.now() - started) / 1_000);
}

async function copyRows(client: pg.Client, count: number): Promise<number> {
  const occurredAt = new Date().toISOString();
  const text = Array.from({ length: count / 500 }, () =>
    Array.from(
      { length: 500 },
      (_, at) =>
        `bench\t${randomUUID()}\tuser-${at % 200}\tdocument.edited\t${occurredAt}\t{"document":"d-${at % 50}"}\n`,
    ).join(""),
  );
  const started = performance.now();
  const sink = client.query(
    copyFrom(
      "COPY metrics.activity_events (tenant_id, event_key, user_id, activity_type, occurred_at, attributes) FROM STDIN",
    ),
  );
  await pipeline(Readable.from(text), sink);
  return count / ((performance.now() - started) / 1_000);
}
