import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateApiKey } from "@sark/authentication";
import { wait } from "@sark/observability/waiting";
import { startPostgres } from "@sark/testkit";
import { startServer } from "../child.ts";
import { withCleanup } from "../cleanup.ts";
import { startMetricsProcess } from "../metrics-process.ts";
import { treeCpuSeconds } from "../process-tree.ts";
import type { BenchOptions, BenchResult } from "../result.ts";
import { median, quantile } from "../statistics.ts";
import { activityLines, issueTenantKey, sendLines } from "../tenants.ts";

/** What a tenant may send; the noisy one sends many times as much. */
const EVENTS_PER_SECOND = 1_000;
const NOISE = { connections: 8, batch: 1_000 };
const QUIET_PER_SECOND = 50;
const QUIET_BATCH = 10;

export const comparesCheckouts = true;

/** The noisy tenant has a batch taken about as often. */
const BURST_EVERY_MS = 1_000;

/**
 * Latencies of a quiet tenant, which reads and writes at a fixed rate, with and without a tenant beside it that sends as much as it can and
 * heeds no refusal, in turn; of the service of another checkout, too, where one is named. Then the same beside a process that takes as much
 * of the processor as the noisy tenant costs in all, in bursts, and asks for nothing: what that does to the quiet tenant the processor's
 * sharing does, which no admission takes away.
 */
export function run(options: BenchOptions): Promise<BenchResult> {
  return withCleanup(async (defer) => {
    const postgres = await startPostgres();
    defer(() => postgres.stop());
    const ours = await startSide(await postgres.createDatabase(), undefined, defer);
    const earlier =
      options.against === null
        ? null
        : await startSide(await postgres.createDatabase(), options.against, defer);
    const burner = await startServer("burning");
    defer(() => burner.stop());
    const sides = earlier === null ? [ours] : [ours, earlier];

    const rounds = options.long ? 8 : 4;
    const seconds = options.long ? 15 : 5;
    options.progress("warming up …");
    for (const side of sides) {
      await quietLoad(side, 2);
    }
    for (let round = 1; round <= rounds; round += 1) {
      options.progress(`round ${round} of ${rounds} …`);
      for (const side of sides) {
        await measureRound(side, seconds);
      }
      await measureBurning(ours, burner, seconds);
    }
    const { ratio, figures } = resultOf(ours);
    return {
      name: "fairness",
      ratio,
      lowerIsBetter: true,
      aim: "a noisy tenant moves another's p99 by less than a tenth",
      met: ratio < 1.1,
      figures: {
        ...figures,
        ...burningFigures(ours),
        ...(earlier === null ? {} : againstFigures(resultOf(earlier))),
      },
    };
  });
}

/** A service with its two tenants, and what was measured of it. */
interface Side {
  readonly url: string;
  /** Key of the quiet tenant. */
  readonly key: string;
  readonly noisy: Awaited<ReturnType<typeof startServer>>;
  readonly alone: number[];
  readonly beside: number[];
  /** Beside a process that takes the processor. */
  readonly burning: number[];
  /** Processor time that the noisy tenant cost in a second, of all processes that serve or send, for each round. */
  readonly noiseCpu: number[];
  counts: { readonly taken: number; readonly refused: number };
}

async function startSide(
  databaseUrl: string,
  checkout: string | undefined,
  defer: (end: () => unknown) => void,
): Promise<Side> {
  const folder = mkdtempSync(join(tmpdir(), "sark-bench-fairness-"));
  defer(() => rmSync(folder, { recursive: true, force: true }));
  const platformKey = generateApiKey();
  const service = await startMetricsProcess({
    databaseUrl,
    dataDirectory: folder,
    platformKey,
    eventsPerSecond: EVENTS_PER_SECOND,
    checkout,
  });
  defer(() => service.stop());
  const { url } = service;
  const key = await issueTenantKey(url, platformKey, "quiet", ["sender", "viewer"]);
  const noisy = await startServer("noisy-tenant", {
    url,
    key: await issueTenantKey(url, platformKey, "noisy", ["sender"]),
    ...NOISE,
  });
  defer(() => noisy.stop());
  return {
    url,
    key,
    noisy,
    alone: [],
    beside: [],
    burning: [],
    noiseCpu: [],
    counts: { taken: 0, refused: 0 },
  };
}

async function measureRound(side: Side, seconds: number): Promise<void> {
  const { noisy, alone, beside } = side;
  const cpuAlone = await cpuOf(async () => alone.push(...(await quietLoad(side, seconds))));
  noisy.tell({ isNoisy: true });
  // Its burst is over by then.
  await wait(1_000);
  const cpuBeside = await cpuOf(async () => beside.push(...(await quietLoad(side, seconds))));
  side.noiseCpu.push(Math.max(0, cpuBeside - cpuAlone) / seconds);
  side.counts = (await noisy.ask({ isNoisy: false })) as Side["counts"];
}

async function measureBurning(side: Side, burner: Side["noisy"], seconds: number): Promise<void> {
  burner.tell({ burstMs: (side.noiseCpu.at(-1) ?? 0) * BURST_EVERY_MS, everyMs: BURST_EVERY_MS });
  side.burning.push(...(await quietLoad(side, seconds)));
  burner.tell({ burstMs: 0, everyMs: BURST_EVERY_MS });
}

/** Processor seconds of this process and all that it has started, while `work` is done. */
async function cpuOf(work: () => Promise<unknown>): Promise<number> {
  const before = treeCpuSeconds(process.pid);
  await work();
  return treeCpuSeconds(process.pid) - before;
}

function resultOf({ alone, beside, counts }: Side) {
  const [p99Alone, p99Beside] = [quantile(alone, 0.99), quantile(beside, 0.99)];
  return {
    ratio: p99Beside / p99Alone,
    figures: {
      requests: alone.length + beside.length,
      p50_ms_alone: quantile(alone, 0.5),
      p50_ms_beside: quantile(beside, 0.5),
      p95_ms_alone: quantile(alone, 0.95),
      p95_ms_beside: quantile(beside, 0.95),
      p99_ms_alone: p99Alone,
      p99_ms_beside: p99Beside,
      noisy_batches_taken: counts.taken,
      noisy_batches_refused: counts.refused,
    },
  };
}

function burningFigures({ alone, burning, noiseCpu }: Side) {
  const p99 = quantile(burning, 0.99);
  return {
    p99_ms_beside_burning: p99,
    ratio_of_burning: p99 / quantile(alone, 0.99),
    noisy_cpus: median(noiseCpu),
  };
}

function againstFigures({ ratio, figures }: ReturnType<typeof resultOf>) {
  return {
    against_ratio: ratio,
    ...Object.fromEntries(Object.entries(figures).map(([name, figure]) => [`against_${name}`, figure])),
  };
}

/** Reads and writes in turn, each when it is due: milliseconds from then to the response. */
async function quietLoad({ url, key }: Pick<Side, "url" | "key">, seconds: number): Promise<number[]> {
  const started = performance.now();
  const requests: Promise<number>[] = [];
  for (let at = 0; at < QUIET_PER_SECOND * seconds; at += 1) {
    const due = started + (at * 1_000) / QUIET_PER_SECOND;
    await wait(Math.max(0, due - performance.now()));
    const request =
      at % 2 === 0 ? read(url, key) : sendLines(url, key, activityLines(QUIET_BATCH), QUIET_BATCH);
    requests.push(request.then(() => performance.now() - due));
  }
  return Promise.all(requests);
}

async function read(url: string, key: string): Promise<void> {
  const response = await fetch(`${url}/v1/kpis/active-users`, { headers: { "x-api-key": key } });
  await response.arrayBuffer();
  if (response.status !== 200) {
    throw new Error(`a read was responded to with ${response.status}`);
  }
}
