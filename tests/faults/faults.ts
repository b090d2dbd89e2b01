import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import type { World } from "./world.ts";

/** One fault as the seed decided it. */
export interface Strike {
  readonly fault: FaultName;
  /** How long things go well before it, and how long it lasts, in milliseconds. */
  readonly afterMs: number;
  readonly holdMs: number;
  /** Which replica, where it strikes one. */
  readonly target: number;
  /** How far a clock is set off. */
  readonly clockOffsetMs: number;
}

type Fault = (world: World, strike: Strike) => Promise<void>;

const killPostgres: Fault = async ({ postgres }, { holdMs }) => {
  await postgres.kill();
  await pause(holdMs);
  await postgres.restart();
};

const killReplica: Fault = async ({ replicas }, { target, holdMs }) => {
  const replica = replicas[target];
  await replica?.kill();
  await pause(holdMs);
  replica?.start();
};

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
    await pause(1_000 + holdMs);
    postgres.resume();
  },
  "a replica is killed while PostgreSQL hangs": async (world, strike) => {
    world.postgres.pause();
    await pause(strike.holdMs);
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
  "connections cut before the commit's answer": async ({ proxy }) => proxy.cutBeforeAnswer(),
  "disk full": async ({ disk, postgres }, { holdMs }) => {
    disk?.fill();
    await pause(500 + holdMs);
    disk?.empty();
    // A server that cannot write its log ends itself.
    await postgres.restart();
  },
  "clock jumps": async ({ replicas }, { target, clockOffsetMs }) => replicas[target]?.send({ clockOffsetMs }),
  "kill -9 of the log builder": async ({ builder }, { holdMs }) => {
    await builder.kill();
    await pause(holdMs);
    builder.start();
  },
} satisfies Record<string, Fault>;

export type FaultName = keyof typeof FAULTS;
