import type { ServerProcess } from "../child.ts";
import { withCleanup } from "../cleanup.ts";
import { startGovernedServers } from "../governed-servers.ts";
import { closedLoop, openLoop, type Target } from "../load.ts";
import { sessionCall, statelessCall } from "../mcp-calls.ts";
import type { BenchOptions, BenchResult } from "../result.ts";
import { median, quantile } from "../statistics.ts";

/** What responds behind both, and how many call it. */
const SETUPS = {
  /** A server of the official SDK, as users write them today. */
  sdk: { upstream: "sdk", callers: 64, sessions: false, share: 1 },
  /** One of the first SDK, as most in use are: sessions, results as event streams. */
  v1: { upstream: "v1", callers: 16, sessions: true, share: 0.5 },
  /** One that costs next to nothing: the bare overhead. */
  noop_64: { upstream: "noop", callers: 64, sessions: false, share: 0.5 },
  noop_16: { upstream: "noop", callers: 16, sessions: false, share: 0.5 },
  /** The same, where each call has a price and its caller budgets. */
  priced_64: { upstream: "priced", callers: 64, sessions: false, share: 0.5 },
} as const;
type SetupName = keyof typeof SETUPS;
const NAMES = Object.keys(SETUPS) as SetupName[];

export const comparesCheckouts = true;

interface Subject {
  readonly targets: Readonly<Record<SetupName, Target>>;
  readonly server: ServerProcess<unknown>;
}

interface Saturated {
  readonly perSecond: number[];
  readonly cpuMs: number[];
}

/**
 * `tools/call` through the whole gateway, against a proxy that only passes on, to the same upstream. The ratio is that
 * of a server of the official SDK, as users write them; the others say what is left of it where the server costs less.
 * The gateway of another checkout takes its turns, in front of the same servers, with a database of its own.
 */
export function run(options: BenchOptions): Promise<BenchResult> {
  return withCleanup(async (defer) => {
    const servers = await startGovernedServers(defer);
    const startGateway = async (name: string, checkout: string | null): Promise<Subject> => {
      const server = await servers.startGateway(name, { checkout });
      const authorization = `Bearer ${server.ready.apiKey}`;
      return { server, targets: await targetsAt(server.ready.url, { authorization }) };
    };
    return measure(options, {
      ours: await startGateway("ours", null),
      earlier: options.against === null ? null : await startGateway("earlier", options.against),
      reference: { server: servers.bare, targets: await targetsAt(servers.bare.ready.url, {}) },
    });
  });
}

async function targetsAt(url: string, headers: Record<string, string>): Promise<Subject["targets"]> {
  const targets = NAMES.map(async (name): Promise<[SetupName, Target]> => {
    const { upstream, callers, sessions } = SETUPS[name];
    const endpoint = { url: `${url}/mcp/${upstream}`, headers };
    return [name, sessions ? await sessionCall(endpoint, callers) : statelessCall(endpoint)];
  });
  return Object.fromEntries(await Promise.all(targets)) as Record<SetupName, Target>;
}

async function measure(
  options: BenchOptions,
  subjects: { readonly ours: Subject; readonly earlier: Subject | null; readonly reference: Subject },
): Promise<BenchResult> {
  const { ours, earlier, reference } = subjects;
  const seconds = options.long ? 10 : 2;
  // An even number: each side goes first as often as the other.
  const rounds = options.long ? 6 : 4;
  options.progress("warming up …");
  for (const name of NAMES) {
    await closedLoop(reference.targets[name], SETUPS[name].callers, 1);
    await closedLoop(ours.targets[name], SETUPS[name].callers, SETUPS[name].share * 2);
    if (earlier !== null) {
      await closedLoop(earlier.targets[name], SETUPS[name].callers, SETUPS[name].share * 2);
    }
  }

  const saturated = { ours: emptyFigures(), earlier: emptyFigures(), reference: emptyFigures() };
  for (let round = 1; round <= rounds; round += 1) {
    for (const name of NAMES) {
      options.progress(`saturation, ${name}, round ${round} of ${rounds} …`);
      await saturate(reference, name, saturated.reference[name], seconds);
      const turns = [() => saturate(ours, name, saturated.ours[name], seconds)];
      if (earlier !== null) {
        turns.push(() => saturate(earlier, name, saturated.earlier[name], seconds));
      }
      // Who goes first changes.
      for (const turn of round % 2 === 0 ? turns.toReversed() : turns) {
        await turn();
      }
    }
  }
  const rate = median(saturated.ours.sdk.perSecond) / 2;
  const latencies = { ours: [] as number[], earlier: [] as number[], reference: [] as number[] };
  for (let round = 1; round <= rounds; round += 1) {
    options.progress(`half load (${Math.round(rate)}/s), round ${round} of ${rounds} …`);
    latencies.reference.push(...(await openLoop(reference.targets.sdk, rate, seconds)).latencies);
    latencies.ours.push(...(await openLoop(ours.targets.sdk, rate, seconds)).latencies);
    if (earlier !== null) {
      latencies.earlier.push(...(await openLoop(earlier.targets.sdk, rate, seconds)).latencies);
    }
  }

  const perSecond = (who: "ours" | "earlier" | "reference", name: SetupName): number =>
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
      ...Object.fromEntries(
        NAMES.filter((name) => name !== "sdk").flatMap((name) => [
          [`${name}_ratio`, perSecond("ours", name) / perSecond("reference", name)],
          [`${name}_calls_per_second`, perSecond("ours", name)],
          [`${name}_bare_calls_per_second`, perSecond("reference", name)],
        ]),
      ),
      cpu_ms_per_call: median(saturated.ours.noop_64.cpuMs),
      bare_cpu_ms_per_call: median(saturated.reference.noop_64.cpuMs),
      ...(earlier === null
        ? {}
        : {
            ...Object.fromEntries(
              NAMES.map((name) => [
                `against_${name}_ratio`,
                perSecond("ours", name) / perSecond("earlier", name),
              ]),
            ),
            against_cpu_ms_per_call: median(saturated.earlier.noop_64.cpuMs),
            against_added_p50_ms: quantile(latencies.earlier, 0.5) - quantile(latencies.reference, 0.5),
            against_added_p99_ms: quantile(latencies.earlier, 0.99) - quantile(latencies.reference, 0.99),
          }),
    },
  };
}

function emptyFigures(): Record<SetupName, Saturated> {
  return Object.fromEntries(
    NAMES.map((name): [SetupName, Saturated] => [name, { perSecond: [], cpuMs: [] }]),
  ) as Record<SetupName, Saturated>;
}

async function saturate(
  { server, targets }: Subject,
  name: SetupName,
  figures: Saturated,
  seconds: number,
): Promise<void> {
  const { callers, share } = SETUPS[name];
  const before = await server.cpuSeconds();
  const { perSecond, latencies } = await closedLoop(targets[name], callers, seconds * share);
  const cpu = (await server.cpuSeconds()) - before;
  figures.perSecond.push(perSecond);
  figures.cpuMs.push((cpu * 1_000) / latencies.length);
}
