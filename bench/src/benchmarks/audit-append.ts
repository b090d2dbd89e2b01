import { wait } from "@sark/observability/waiting";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { Readable } from "node:stream";
import pg from "pg";
import { from as copyFrom } from "pg-copy-streams";
import { createAuditLog, migrate, type AuditLog } from "@sark/audit";
import { startPostgres } from "@sark/testkit";
import { saturate, toolCallRecord } from "../audit-load.ts";
import { withCleanup } from "../cleanup.ts";
import type { BenchOptions, BenchResult } from "../result.ts";
import { median, quantile } from "../statistics.ts";

const STEADY_RATE = 1_000;

export const comparesCheckouts = true;

/** What the benchmark uses of the library, whatever its version. */
interface Library {
  readonly createAuditLog: typeof createAuditLog;
  readonly migrate: typeof migrate;
}

interface Subject {
  readonly log: AuditLog;
  readonly perSecond: number[];
}

/**
 * Events a second through the audit log at saturation, against COPY of the same rows into the same table, in turn;
 * then the latency of single events at 1,000 a second. The library of another checkout takes its turns, in a database of
 * its own.
 */
export function run(options: BenchOptions): Promise<BenchResult> {
  return withCleanup(async (defer) => {
    const postgres = await startPostgres();
    defer(() => postgres.stop());
    const open = async (library: Library, url: string): Promise<Subject> => {
      await library.migrate(url);
      const log = library.createAuditLog({ connectionString: url });
      defer(() => log.close());
      await log.check(AbortSignal.timeout(10_000));
      return { log, perSecond: [] };
    };
    const url = await postgres.createDatabase();
    const ours = await open({ createAuditLog, migrate }, url);
    const earlier =
      options.against === null
        ? null
        : await open(
            (await import(join(options.against, "packages/audit/src/index.ts"))) as Library,
            await postgres.createDatabase(),
          );
    const subjects = earlier === null ? [ours] : [ours, earlier];
    const copier = new pg.Client({ connectionString: url });
    await copier.connect();
    defer(() => copier.end());

    const perRound = options.long ? 100_000 : 40_000;
    const rounds = options.long ? 6 : 4;
    options.progress("warming up …");
    for (const { log } of subjects) {
      await saturate(log, perRound / 4);
    }
    const copy: number[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      options.progress(`round ${round} of ${rounds} …`);
      // Who goes first changes: the table has grown by then.
      for (const { log, perSecond } of round % 2 === 0 ? subjects.toReversed() : subjects) {
        perSecond.push(await saturate(log, perRound));
      }
      copy.push(await copyRows(copier, perRound));
    }
    options.progress(`${STEADY_RATE} events a second …`);
    const latencies = await steady(ours.log, options.long ? 20 : 6);
    const earlierLatencies = earlier === null ? [] : await steady(earlier.log, options.long ? 20 : 6);
    const ratio = median(ours.perSecond) / median(copy);
    const p99 = quantile(latencies, 0.99);
    return {
      name: "audit-append",
      ratio,
      aim: "≥ 0.6 of COPY, ≥ 20,000 events/s, p99 < 10 ms at 1,000 events/s",
      met: ratio >= 0.6 && median(ours.perSecond) >= 20_000 && p99 < 10,
      figures: {
        events_per_second: median(ours.perSecond),
        copy_rows_per_second: median(copy),
        steady_p50_ms: quantile(latencies, 0.5),
        steady_p99_ms: p99,
        ...(earlier === null
          ? {}
          : {
              against_ratio: median(ours.perSecond) / median(earlier.perSecond),
              against_events_per_second: median(earlier.perSecond),
              against_steady_p50_ms: quantile(earlierLatencies, 0.5),
              against_steady_p99_ms: quantile(earlierLatencies, 0.99),
            }),
      },
    };
  });
}

/** Copies the newest rows back into the table, with new ids and numbers: the same rows, indexes and partitions. */
async function copyRows(client: pg.Client, count: number): Promise<number> {
  const { rows } = await client.query<{ line: string }>(`
    SELECT concat_ws(E'\\t', gen_random_uuid(), next_seq + row_number() OVER () - 1, event_type, user_id, server_name,
      tool_name, decision, reason, "timestamp", gateway_request_id, metadata, created_at, phase, tenant_id, sensitivity,
      policy, replace(canonical::text, '\\', '\\\\'), replace(leaf_hash::text, '\\', '\\\\')) AS line
    FROM gateway_audit_events, gateway_audit_head ORDER BY seq DESC LIMIT ${count}`);
  const text = rows.map(({ line }) => `${line}\n`);
  const started = performance.now();
  await client.query("BEGIN");
  const sink = client.query(
    copyFrom(`COPY gateway_audit_events (id, seq, event_type, user_id, server_name, tool_name, decision, reason,
      "timestamp", gateway_request_id, metadata, created_at, phase, tenant_id, sensitivity, policy, canonical, leaf_hash)
      FROM STDIN`),
  );
  await pipeline(Readable.from(chunks(text, 500)), sink);
  await client.query("UPDATE gateway_audit_head SET next_seq = next_seq + $1", [count]);
  await client.query("COMMIT");
  return count / ((performance.now() - started) / 1_000);
}

function* chunks(lines: readonly string[], size: number): Generator<string> {
  for (let start = 0; start < lines.length; start += size) {
    yield lines.slice(start, start + size).join("");
  }
}

/** Milliseconds of each event at a steady rate, from the moment it was due. */
async function steady(log: AuditLog, seconds: number): Promise<number[]> {
  const latencies: number[] = [];
  const running: Promise<void>[] = [];
  const total = STEADY_RATE * seconds;
  const started = performance.now();
  for (let sent = 0; sent < total;) {
    // The first is due at once.
    const due = Math.min(total, Math.floor(((performance.now() - started) / 1_000) * STEADY_RATE) + 1);
    for (; sent < due; sent += 1) {
      const dueAt = started + (sent / STEADY_RATE) * 1_000;
      running.push(
        log.record(toolCallRecord(sent)).then(() => void latencies.push(performance.now() - dueAt)),
      );
    }
    await wait(1);
  }
  await Promise.all(running);
  return latencies;
}
