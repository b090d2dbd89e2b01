import { waitUntil } from "@sark/observability/waiting";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import pg from "pg";
import type { z } from "zod";
import { createAuditLog, migrate } from "@sark/audit";
import { createDestination, destinationSchema, startDelivery } from "@sark/audit/delivery";
import { startPostgres } from "@sark/testkit";
import { saturate } from "../audit-load.ts";
import { startServer, type ServerProcess } from "../child.ts";
import { withCleanup } from "../cleanup.ts";
import type { BenchOptions, BenchResult } from "../result.ts";
import { median } from "../statistics.ts";

const AIM_PER_SECOND = 20_000;
const AIM_RATIO = 0.6;
const AIM_COMPRESSED = 0.5;
const MILLION = 1_000_000;
const TOKEN = "b5a1c1d2-0000-4000-8000-0123456789ab";
/** As deliveries have them by default while they catch up: one request at a time. */
const EVENTS_PER_REQUEST = 2_000;
/** Small requests, several at a time: faster over a network, but not in order. */
const UNORDERED = { maxConcurrency: 8, maxCatchUpEvents: 100 };
/** There and back to the receiver, in milliseconds, and events to measure it with. */
const DELAYS_MS = [0, 5, 50];
const DELAYED_EVENTS = 100_000;
/** Enough for a receiver that is slower than the delivery. */
const STRICT_EVENTS = 50_000;

interface Receiver {
  readonly url: string;
}

interface Cleared {
  readonly seconds: number;
  /** CPU seconds of the process that delivers, and of the receiver. */
  readonly cpuSeconds: number;
  readonly receiverCpuSeconds: number;
  readonly contentBytes: number;
  readonly sentBytes: number;
}

/**
 * Events a second out of rows that the audit log wrote to a Splunk collector that counts them, with settings as they are
 * by default, against reading the same rows in order and compressing them, in turn; then once to one that reads them all.
 */
export function run(options: BenchOptions): Promise<BenchResult> {
  return withCleanup(async (defer) => {
    const postgres = await startPostgres({ settings: { max_wal_size: "4GB" } });
    defer(() => postgres.stop());
    const url = await postgres.createDatabase();
    await migrate(url);
    const count = options.long ? MILLION : 250_000;
    const rounds = 3;
    options.progress(`recording ${count.toLocaleString("en")} events …`);
    await fill(url, count);
    const receivers = await Promise.all(
      DELAYS_MS.map((delayMs) => startServer<Receiver>("counting-collector", { token: TOKEN, delayMs })),
    );
    for (const one of receivers) {
      defer(() => one.stop());
    }
    const [receiver] = receivers;
    if (receiver === undefined) {
      throw new Error("no receiver");
    }
    const strictReceiver = await startServer<Receiver>("splunk-hec", { token: TOKEN });
    defer(() => strictReceiver.stop());
    const pool = new pg.Pool({ connectionString: url, max: 1 });
    defer(() => pool.end());

    // Both ways once, uncounted: code that is not compiled yet would count against the one that has more of it.
    options.progress("warming up …");
    await deliver(url, receiver, "warm-up", count);
    await readAndCompress(pool, count);
    const ours: Cleared[] = [];
    const reference: number[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      options.progress(`delivering, round ${round} of ${rounds} …`);
      ours.push(await deliver(url, receiver, `round-${round}`, count));
      options.progress(`reading and compressing, round ${round} of ${rounds} …`);
      reference.push(await readAndCompress(pool, count));
    }
    const { events } = (await (await fetch(receiver.ready.url)).json()) as { readonly events: number };
    if (events !== (rounds + 1) * count) {
      throw new Error(`${events} events arrived`);
    }
    const delayed: Record<string, number> = {};
    for (const [at, delayMs] of DELAYS_MS.entries()) {
      options.progress(`delivering over ${delayMs} ms, in order and not …`);
      const to = receivers[at] ?? receiver;
      const start = { seq: count - DELAYED_EVENTS };
      const ordered = await deliver(url, to, `ordered-${delayMs}`, DELAYED_EVENTS, { start });
      const settings = { start, ...UNORDERED };
      const unordered = await deliver(url, to, `unordered-${delayMs}`, DELAYED_EVENTS, settings);
      delayed[`events_per_second_over_${delayMs}_ms`] = DELAYED_EVENTS / ordered.seconds;
      delayed[`unordered_events_per_second_over_${delayMs}_ms`] = DELAYED_EVENTS / unordered.seconds;
      delayed[`ordered_to_unordered_over_${delayMs}_ms`] = unordered.seconds / ordered.seconds;
    }
    options.progress("delivering to a receiver that reads every event …");
    const strict = await deliver(url, strictReceiver, "strict", STRICT_EVENTS, {
      start: { seq: count - STRICT_EVENTS },
    });

    const perSecond = median(ours.map(({ seconds }) => count / seconds));
    const ceiling = median(reference.map((seconds) => count / seconds));
    const compressed = median(ours.map(({ sentBytes, contentBytes }) => sentBytes / contentBytes));
    const microseconds = (cpu: (one: Cleared) => number): number =>
      (median(ours.map(cpu)) / count) * 1_000_000;
    const ratio = perSecond / ceiling;
    return {
      name: "delivery",
      ratio,
      aim: `≥ ${AIM_PER_SECOND.toLocaleString("en")} events/s, ≥ ${AIM_RATIO} of the ceiling, compressed to ≤ ${AIM_COMPRESSED}`,
      met: ratio >= AIM_RATIO && perSecond >= AIM_PER_SECOND && compressed <= AIM_COMPRESSED,
      figures: {
        events: count,
        events_per_second: perSecond,
        ceiling_events_per_second: ceiling,
        cpu_microseconds_per_event: microseconds(({ cpuSeconds }) => cpuSeconds),
        receiver_cpu_microseconds_per_event: microseconds(({ receiverCpuSeconds }) => receiverCpuSeconds),
        ...delayed,
        strict_receiver_events_per_second: STRICT_EVENTS / strict.seconds,
        strict_receiver_busy: strict.receiverCpuSeconds / strict.seconds,
        compressed_to: compressed,
        [options.long ? "million_backlog_seconds" : "million_backlog_seconds_extrapolated"]:
          MILLION / perSecond,
      },
    };
  });
}

async function fill(url: string, count: number): Promise<void> {
  const log = createAuditLog({ connectionString: url });
  await log.check(AbortSignal.timeout(10_000));
  await saturate(log, count);
  await log.close();
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query("VACUUM (ANALYZE) gateway_audit_events");
  await client.query("CHECKPOINT");
  await client.end();
}

/** Clears the backlog of a destination that is new; starting and ending included. */
async function deliver(
  url: string,
  receiver: ServerProcess<Receiver>,
  name: string,
  count: number,
  settings: Partial<z.input<typeof destinationSchema>> = {},
): Promise<Cleared> {
  const config = destinationSchema.parse({
    name,
    start: "beginning",
    ...settings,
    sink: { type: "splunk_hec", url: receiver.ready.url, token: "${TOKEN}" },
  });
  const destination = createDestination(
    config,
    { service: "bench", version: "0.0.0", host: "bench" },
    { TOKEN },
  );
  const receiverBefore = await receiver.cpuSeconds();
  const before = process.cpuUsage();
  const started = performance.now();
  const delivery = startDelivery({ connectionString: url, destinations: [destination], replica: "bench" });
  await waitUntil(() => delivery.snapshots()[0]?.leading?.backlog.events === 0, { everyMs: 5 });
  const seconds = (performance.now() - started) / 1_000;
  const { user, system } = process.cpuUsage(before);
  const sent = delivery.snapshots()[0]?.leading?.sent;
  const [status] = (await delivery.control.status()).filter((one) => one.name === name);
  if (sent === undefined || status?.acknowledged !== count || !status.addsUp) {
    throw new Error(`not everything was delivered: ${JSON.stringify(status)}`);
  }
  await delivery.close();
  return {
    seconds,
    cpuSeconds: (user + system) / 1e6,
    receiverCpuSeconds: (await receiver.cpuSeconds()) - receiverBefore,
    contentBytes: sent.contentBytes,
    sentBytes: sent.sentBytes,
  };
}

const compress = promisify(gzip);

/**
 * Seconds for what no delivery can do without: the rows in order, in pages, each while the page before it is compressed;
 * requests of the same size, one at a time, as deliveries have by default.
 */
async function readAndCompress(pool: pg.Pool, count: number): Promise<number> {
  const started = performance.now();
  let compressing: Promise<unknown> = Promise.resolve();
  let read = 0;
  while (read < count) {
    const { rows } = await pool.query<{ seq: string; id: string; canonical: Buffer }>({
      name: "page",
      text: "SELECT seq, id, canonical FROM gateway_audit_events WHERE seq >= $1 ORDER BY seq LIMIT $2",
      values: [read, EVENTS_PER_REQUEST],
    });
    if (rows.length === 0) {
      throw new Error(`there are only ${read} events`);
    }
    read += rows.length;
    await compressing;
    compressing = compress(Buffer.concat(rows.map(({ canonical }) => canonical)), { level: 1 });
  }
  await compressing;
  return (performance.now() - started) / 1_000;
}
