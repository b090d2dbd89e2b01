import { wait, within } from "@sark/observability/waiting";
import pg from "pg";
import { createDestinationControl } from "@sark/audit/delivery";
import { FAULTS, type FaultName, type Strike } from "./faults.ts";
import { checkRun, type Findings } from "./check.ts";
import type { ProducerReport } from "./producer.ts";
import { addReports, NOTHING } from "./replicas.ts";
import { schedule } from "./schedule.ts";
import { createSeeded } from "./seeded.ts";
import { CALLERS, startWorld, type FaultPrograms, type World } from "./world.ts";

export interface FaultRunOptions {
  readonly seed: number;
  /** The run ends with the strike at which this says so; told of how many there were. */
  enough(strikes: number): boolean;
  /** The longest that things go well, and that a fault lasts, in milliseconds. */
  readonly longestMs: number;
  /** How long each caller of a replica rests between records. */
  readonly pauseMs: number;
  readonly programs: FaultPrograms;
  progress(line: string): void;
  /** Ends the run with an error; everything is cleaned up. */
  readonly signal?: AbortSignal;
}

export interface FaultReport extends Findings {
  /** What the replicas told their callers; a little less, as the killed could not say all. */
  readonly told: ProducerReport;
  /** The longest that a receiver was away, in milliseconds; breakers and pauses run at 120 times their usual speed. */
  readonly longestOutageMs: number;
  readonly strikes: Readonly<Partial<Record<FaultName, number>>>;
}

/** Everybody has to be back, or to have caught up, by then. */
const WAIT_MS = 300_000;

/**
 * Three replicas record, faults strike them in an order that the seed decides, and each replica has to commit again
 * after each; in the end the check compares the log with what was acknowledged.
 */
export async function runFaults(options: FaultRunOptions): Promise<FaultReport> {
  const { seed, enough, longestMs, progress, signal } = options;
  const seeded = createSeeded(seed);
  const modes = ["closed", "spool", seeded.between(0, 1) === 0 ? "closed" : "spool"] as const;
  const world = await startWorld({ modes, pauseMs: options.pauseMs, programs: options.programs });
  try {
    progress(`seed ${seed}; replicas: ${modes.join(", ")}`);
    if (world.disk === null) {
      progress("no full disk: mounting a tmpfs is not permitted here");
    }
    const strikes: Partial<Record<FaultName, number>> = {};
    const without: FaultName[] = world.disk === null ? ["disk full"] : [];
    let struck = 0;
    await allCommitAgain(world, "the start", signal);
    for (const strike of schedule(seeded, { targets: modes.length, without, longestMs })) {
      await wait(strike.afterMs);
      progress(describe(strike));
      await FAULTS[strike.fault](world, strike);
      await allCommitAgain(world, strike.fault, signal);
      strikes[strike.fault] = (strikes[strike.fault] ?? 0) + 1;
      struck += 1;
      if (enough(struck)) {
        break;
      }
    }
    for (const receiver of world.receivers) {
      if (receiver.away) {
        await receiver.comeBack();
      }
    }
    const finished = Promise.all(world.replicas.map((replica) => replica.finish()));
    if ((await within(WAIT_MS, finished, null)) === null) {
      throw new Error(`the replicas do not finish: ${await destinations(world)}`);
    }
    await allSigned(world);
    const oracles = world.replicas.map(({ settings }) => settings.oracleFile);
    const arrivals = world.receivers.map(({ destination, receptions, maxAhead }) => ({
      destination: destination.name,
      receptions,
      maxAhead,
    }));
    const findings = await checkRun(world.url, oracles, world.builder.verifierKey, arrivals, CALLERS);
    const refusals = world.builder.refusals.map((message) => `the log builder refused: ${message}`);
    const told = world.replicas.map(({ report }) => report).reduce(addReports, NOTHING);
    const longestOutageMs = Math.max(...world.receivers.map((receiver) => receiver.longestOutageMs));
    return { ...findings, told, longestOutageMs, violations: [...findings.violations, ...refusals], strikes };
  } finally {
    await world.close();
  }
}

function describe({ fault, afterMs, holdMs, target, clockOffsetMs }: Strike): string {
  const clock = fault === "clock jumps" ? `, by ${(clockOffsetMs / 3_600_000).toFixed(1)} h` : "";
  return `after ${afterMs} ms: ${fault} (replica ${target}, ${holdMs} ms${clock})`;
}

async function allCommitAgain(world: World, after: string, signal?: AbortSignal): Promise<void> {
  const before = world.replicas.map(({ report }) => report.committed);
  await until(
    () => {
      signal?.throwIfAborted();
      // It is not for a database or a receiver to end a process.
      const crash = world.replicas.find((replica) => replica.crash !== null)?.crash;
      if (typeof crash === "string") {
        throw new Error(`after ${after}, ${crash}`);
      }
      const stuck = world.replicas.filter(
        ({ report }, index) => report.committed <= (before[index] ?? 0) + 4,
      );
      return stuck.map(({ settings, report }) => `${settings.name} ${JSON.stringify(report)}`).join("; ");
    },
    (stuck) => `after ${after}, replicas do not commit again: ${stuck}`,
  );
}

/** The builder has signed everything that is there. */
async function allSigned(world: World): Promise<void> {
  const pool = new pg.Pool({ connectionString: world.url, max: 1 });
  pool.on("error", () => undefined);
  try {
    await until(
      async () => {
        const { rows } = await pool.query<{ missing: string }>(
          `SELECT next_seq - coalesce((SELECT max(size) FROM gateway_audit_checkpoints WHERE note IS NOT NULL), 0) AS missing
           FROM gateway_audit_head`,
        );
        return rows[0]?.missing === "0" ? "" : `${rows[0]?.missing} events`;
      },
      (missing) => `the log builder leaves ${missing} unsigned`,
    );
  } finally {
    await pool.end();
  }
}

/** Asks until nothing is left. */
async function until(
  whatIsLeft: () => string | Promise<string>,
  complaint: (left: string) => string,
): Promise<void> {
  const giveUpAt = performance.now() + WAIT_MS;
  for (;;) {
    const left = await whatIsLeft();
    if (left === "") {
      return;
    }
    if (performance.now() > giveUpAt) {
      throw new Error(complaint(left));
    }
    await wait(20);
  }
}

/** How they stand, for people. */
async function destinations(world: World): Promise<string> {
  const pool = new pg.Pool({ connectionString: world.url, max: 1 });
  pool.on("error", () => undefined);
  try {
    const said = await createDestinationControl(pool).status();
    return said
      .map(
        ({ name, behind, leader, state, stateReason }) =>
          `${name} ${behind} behind, ${leader}: ${state} (${stateReason})`,
      )
      .join("; ");
  } finally {
    await pool.end();
  }
}
