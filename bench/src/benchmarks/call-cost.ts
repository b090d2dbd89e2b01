import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withCleanup } from "../cleanup.ts";
import { startGovernedServers, type GatewayServer, type GovernedServers } from "../governed-servers.ts";
import { closedLoop, openLoop, type Target } from "../load.ts";
import { sessionCall, statelessCall } from "../mcp-calls.ts";
import { treeCpuSeconds } from "../process-tree.ts";
import type { BenchOptions, BenchResult } from "../result.ts";
import { median, quantile } from "../statistics.ts";
import { countSystemCalls, type SystemCalls } from "../system-calls.ts";

/** What responds, and how many sessions call it, each again as soon as it has its response. */
const SETUPS = {
  /** Of the first SDK, as most in use are: results as event streams. */
  v1_16: { upstream: "v1", callers: 16 },
  v1_64: { upstream: "v1", callers: 64 },
  /** One that costs next to nothing, JSON. */
  noop_16: { upstream: "noop", callers: 16 },
  noop_64: { upstream: "noop", callers: 64 },
} as const;
type SetupName = keyof typeof SETUPS;
const NAMES = Object.keys(SETUPS) as SetupName[];

const OPEN_LOOP_PER_SECOND = 400;
const CALLS_OF_A_LONG_RUN = 1_000_000;
/** While system calls are counted: each costs many times as much then. */
const COUNTED_CALLS = 200;

export const comparesCheckouts = true;
export const profiles = true;

interface Subject {
  readonly targets: Readonly<Record<SetupName, Target>>;
  cpuSeconds(): Promise<number>;
}

interface Figures {
  readonly perSecond: number[];
  readonly cpuMs: number[];
  /** The part of PostgreSQL in it. */
  readonly postgresMs: number[];
}

/**
 * What a governed call costs: calls a second and processor time of the gateway and its database together, against a proxy that
 * only passes on, in turn; latency at a fixed rate; memory.
 */
export function run(options: BenchOptions): Promise<BenchResult> {
  return withCleanup(async (defer) => {
    const servers = await startGovernedServers(defer);
    const gateway = await servers.startGateway("ours");
    const ours = await governed(gateway);
    const { against } = options;
    const earlier =
      against === null ? null : await governed(await servers.startGateway("earlier", { checkout: against }));
    const bare: Subject = { ...servers.bare, targets: await targetsAt(servers.bare.ready.url, {}) };
    const result = await measure(options, { ours, earlier, bare, gateway, servers });
    if (options.profile !== null) {
      await writeProfiles(options, options.profile, gateway, ours);
    }
    return result;
  });
}

async function governed(gateway: GatewayServer): Promise<Subject> {
  const authorization = `Bearer ${gateway.ready.apiKey}`;
  return { ...gateway, targets: await targetsAt(gateway.ready.url, { authorization }) };
}

async function targetsAt(url: string, headers: Record<string, string>): Promise<Subject["targets"]> {
  const targets = NAMES.map(async (name): Promise<[SetupName, Target]> => {
    const { upstream, callers } = SETUPS[name];
    const endpoint = { url: `${url}/mcp/${upstream}`, headers };
    return [name, upstream === "v1" ? await sessionCall(endpoint, callers) : statelessCall(endpoint)];
  });
  return Object.fromEntries(await Promise.all(targets)) as Record<SetupName, Target>;
}

async function measure(
  options: BenchOptions,
  subjects: {
    readonly ours: Subject;
    readonly earlier: Subject | null;
    readonly bare: Subject;
    readonly gateway: GatewayServer;
    readonly servers: GovernedServers;
  },
): Promise<BenchResult> {
  const { ours, earlier, bare, gateway, servers } = subjects;
  const seconds = options.long ? 10 : 1.5;
  const rounds = options.long ? 6 : 4;
  const turns = { bare, ours, ...(earlier === null ? {} : { earlier }) };
  type Who = keyof typeof turns;
  const figures = new Map<string, Figures>();
  let calls = 0;

  async function saturate(who: Who, name: SetupName, keep: boolean): Promise<void> {
    const subject = turns[who] as Subject;
    const before = await subject.cpuSeconds();
    const postgresBefore = treeCpuSeconds(servers.postgres.pid);
    const { perSecond, latencies } = await closedLoop(subject.targets[name], SETUPS[name].callers, seconds);
    const perCall = (cpu: number) => (cpu * 1_000) / latencies.length;
    const own = perCall((await subject.cpuSeconds()) - before);
    const postgres = who === "bare" ? 0 : perCall(treeCpuSeconds(servers.postgres.pid) - postgresBefore);
    calls += who === "ours" ? latencies.length : 0;
    if (keep) {
      const of = figures.get(`${who} ${name}`) ?? { perSecond: [], cpuMs: [], postgresMs: [] };
      figures.set(`${who} ${name}`, of);
      of.perSecond.push(perSecond);
      of.cpuMs.push(own + postgres);
      of.postgresMs.push(postgres);
    }
  }

  const latencies = new Map<Who, number[]>();
  const order = Object.keys(turns) as Who[];
  for (let round = 0; round <= rounds; round += 1) {
    options.progress(round === 0 ? "warming up …" : `round ${round} of ${rounds} …`);
    for (const name of NAMES) {
      // Who goes first changes.
      for (const who of round % 2 === 0 ? order.toReversed() : order) {
        await saturate(who, name, round > 0);
      }
    }
    if (round > 0) {
      for (const who of order) {
        const subject = turns[who] as Subject;
        const { callers } = SETUPS.v1_16;
        const loop = await openLoop(subject.targets.v1_16, OPEN_LOOP_PER_SECOND, seconds, callers);
        latencies.set(who, [...(latencies.get(who) ?? []), ...loop.latencies]);
        calls += who === "ours" ? loop.latencies.length : 0;
      }
    }
  }
  const residentAfterRounds = await gateway.residentBytes();
  while (options.long && calls < CALLS_OF_A_LONG_RUN) {
    options.progress(`${calls} of ${CALLS_OF_A_LONG_RUN} calls, for the memory that they leave …`);
    await saturate("ours", "noop_64", false);
  }

  const of = (who: Who, name: SetupName, figure: keyof Figures) =>
    median(figures.get(`${who} ${name}`)?.[figure] ?? []);
  const ratioOf = (name: SetupName, to: Who = "bare") =>
    of("ours", name, "perSecond") / of(to, name, "perSecond");
  const added = (q: number, who: Who = "ours") =>
    quantile(latencies.get(who) ?? [], q) - quantile(latencies.get("bare") ?? [], q);
  const residentMb = (await gateway.residentBytes()) / 1e6;
  const met =
    ratioOf("v1_16") >= 0.5 &&
    ratioOf("noop_64") >= 0.3 &&
    of("ours", "v1_16", "cpuMs") <= 0.55 &&
    of("ours", "v1_64", "cpuMs") <= 0.55 &&
    added(0.5) <= 2 &&
    added(0.99) <= 10 &&
    residentMb < 250;
  return {
    name: "call-cost",
    ratio: ratioOf("v1_16"),
    aim: "v1_16 ≥ 0.5 and noop_64 ≥ 0.3 of the bare proxy's calls/s; ≤ 0.55 ms CPU with PostgreSQL for a call; at 400/s ≤ 2 ms added at p50 and ≤ 10 ms at p99; < 250 MB",
    met,
    figures: {
      ...Object.fromEntries(
        NAMES.flatMap((name) => [
          [`${name}_ratio`, ratioOf(name)],
          [`${name}_calls_per_second`, of("ours", name, "perSecond")],
          [`${name}_bare_calls_per_second`, of("bare", name, "perSecond")],
          [`${name}_cpu_ms_per_call`, of("ours", name, "cpuMs")],
          [`${name}_postgres_cpu_ms_per_call`, of("ours", name, "postgresMs")],
          [`${name}_bare_cpu_ms_per_call`, of("bare", name, "cpuMs")],
          ...(earlier === null
            ? []
            : [
                [`against_${name}_ratio`, ratioOf(name, "earlier")],
                [`against_${name}_cpu_ms_per_call`, of("earlier", name, "cpuMs")],
              ]),
        ]),
      ),
      open_400_added_p50_ms: added(0.5),
      open_400_added_p99_ms: added(0.99),
      ...(earlier === null
        ? {}
        : {
            against_open_400_added_p50_ms: added(0.5, "earlier"),
            against_open_400_added_p99_ms: added(0.99, "earlier"),
          }),
      calls,
      resident_mb: residentMb,
      resident_mb_before_the_last_calls: residentAfterRounds / 1e6,
    },
  };
}

/** For each set-up a CPU profile of the gateway, and what it asks of the system for a call. */
async function writeProfiles(
  options: BenchOptions,
  folder: string,
  gateway: GatewayServer,
  { targets }: Subject,
): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (const name of NAMES) {
    options.progress(`profile of ${name} …`);
    const { callers } = SETUPS[name];
    const profile = await gateway.profile(() => closedLoop(targets[name], callers, options.long ? 20 : 5));
    writeFileSync(join(folder, `${name}.cpuprofile`), JSON.stringify(profile));
    let calls = 0;
    const counts = await countSystemCalls(gateway.pid, async () => {
      while (calls < COUNTED_CALLS) {
        calls += (await closedLoop(targets[name], callers, 0.2)).latencies.length;
      }
    });
    writeFileSync(join(folder, `${name}.system-calls.txt`), listOf(counts, calls));
  }
  options.progress(
    `${folder} has a .cpuprofile (for the DevTools of Chromium) and a list of system calls of each set-up`,
  );
}

function listOf(counts: SystemCalls, calls: number): string {
  const rows = [...counts].toSorted((a, b) => b[1] - a[1]);
  const lines = rows.map(([name, count]) => `${(count / calls).toFixed(2).padStart(8)}  ${name}`);
  return `System calls for each governed call (${calls} counted), all threads of the gateway:\n${lines.join("\n")}\n`;
}
