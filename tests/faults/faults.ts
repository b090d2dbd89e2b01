import { wait } from "@sark/observability/waiting";
import pg from "pg";
import type { ReceiverFault } from "@sark/testkit";
import { leaveFor } from "./receivers.ts";
import type { Replica } from "./replicas.ts";
import type { World } from "./world.ts";

/** One fault as the seed decided it. */
export interface Strike {
  readonly fault: FaultName;
  /** How long things go well before it, and how long it lasts, in milliseconds. */
  readonly afterMs: number;
  readonly holdMs: number;
  /** Which replica, where it strikes one, or which receiver. */
  readonly target: number;
  /** How many requests a receiver spoils. */
  readonly requests: number;
  /** How far a clock is set off. */
  readonly clockOffsetMs: number;
}

type Fault = (world: World, strike: Strike) => Promise<void>;

const killPostgres: Fault = async ({ postgres }, { holdMs }) => {
  await postgres.kill();
  await wait(holdMs);
  await postgres.restart();
};

const killReplica: Fault = async ({ replicas }, { target, holdMs }) => {
  const replica = replicas[target];
  await replica?.kill();
  await wait(holdMs);
  replica?.start();
};

/** The replica that delivers to this receiver. */
async function leaderOf({ url, receivers, replicas }: World, target: number): Promise<Replica | undefined> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ leader: string }>(
    "SELECT leader FROM audit_destinations WHERE name = $1",
    [receivers[target]?.destination.name],
  );
  await client.end();
  return replicas.find(({ settings }) => settings.name === rows[0]?.leader);
}

/** The next requests meet these faults, each as often as the strike says. */
const spoil =
  (...faults: readonly ReceiverFault[]): Fault =>
  async ({ receivers }, { target, requests }) =>
    receivers[target]?.misbehave(...faults.map((fault) => ({ ...fault, times: requests })));

export const FAULTS = {
  "kill -9 of a replica": killReplica,
  "kill -9 of PostgreSQL": killPostgres,
  "kill -9 of PostgreSQL and of a replica": async (world, strike) => {
    await Promise.all([killPostgres(world, strike), killReplica(world, strike)]);
  },
  "restart of PostgreSQL": ({ postgres }) => postgres.restart(),
  "PostgreSQL hangs": async ({ postgres }, { holdMs }) => {
    postgres.pause();
    // Longer than a write may take.
    await wait(1_000 + holdMs);
    postgres.resume();
  },
  "a replica is killed while PostgreSQL hangs": async (world, strike) => {
    world.postgres.pause();
    await wait(strike.holdMs);
    await killReplica(world, strike);
    world.postgres.resume();
  },
  "connections terminated": async ({ url }) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
    );
    await client.end();
  },
  "connections cut before the commit": async ({ proxy }) => proxy.cutBeforeRequest(),
  "connections cut before the commit's response": async ({ proxy }) => proxy.cutBeforeResponse(),
  "disk full": async ({ disk, postgres }, { holdMs }) => {
    disk?.fill();
    await wait(500 + holdMs);
    disk?.empty();
    // A server that cannot write its log ends itself.
    await postgres.restart();
  },
  "clock jumps": async ({ replicas }, { target, clockOffsetMs }) => replicas[target]?.send({ clockOffsetMs }),
  "kill -9 of the log builder": async ({ builder }, { holdMs }) => {
    await builder.kill();
    await wait(holdMs);
    builder.start();
  },
  "kill -9 of the replica that delivers": async (world, strike) => {
    const leader = await leaderOf(world, strike.target);
    await leader?.kill();
    await wait(strike.holdMs);
    leader?.start();
  },
  "the replica that delivers stands still": async (world, strike) => {
    const leader = await leaderOf(world, strike.target);
    if (leader === undefined) {
      return;
    }
    leader.standStill();
    await wait(leader.settings.leaseMs + strike.holdMs);
    leader.goOn();
  },
  "a receiver is away for a moment": async ({ receivers }, { target, holdMs }) => {
    const receiver = receivers[target];
    if (receiver !== undefined) {
      await leaveFor(receiver, holdMs);
    }
  },
  // Whatever strikes in between does so during the outage.
  "a receiver goes away for long, or comes back": async ({ receivers }, { target }) => {
    const receiver = receivers[target];
    await (receiver?.away ? receiver.comeBack() : receiver?.goAway());
  },
  "a receiver resets connections before the body": spoil({ kind: "reset-before-body" }),
  "a receiver resets connections after the body": spoil(
    { kind: "reset-after-body" },
    { kind: "reset-after-body", taken: true },
  ),
  "a receiver breaks off in the middle of its response": spoil({ kind: "half-response", taken: true }),
  "a receiver accepts and never acknowledges": spoil({ kind: "special", name: "never-acknowledged" }),
  "a receiver does not respond to questions for acknowledgements": spoil({
    kind: "reset-after-body",
    on: "ack",
  }),
  "a receiver responds with 500 and 503": spoil(
    { kind: "response", status: 503 },
    { kind: "response", status: 500, taken: true },
  ),
  "a receiver responds with what is no response": spoil(
    { kind: "garbage" },
    { kind: "garbage", taken: true },
  ),
  "a receiver drips": spoil({ kind: "slow-drip", msPerByte: 100 }),
  "a receiver hangs": spoil({ kind: "hang" }, { kind: "hang", taken: true }),
} satisfies Record<string, Fault>;

export type FaultName = keyof typeof FAULTS;
