import { randomBytes } from "node:crypto";
import pg from "pg";
import { createAuditLog } from "../../store/audit-log.ts";
import { createAuditDatabase } from "../../store/testing/audit-database.ts";
import { createLedger, type Ledger } from "../ledger.ts";
import type { Budget, BudgetState, SpendingMark } from "../types.ts";

/** A ledger that can be ended as a killed process ends: what it says from then on reaches the database no more. */
export interface KillableLedger extends Ledger {
  kill(): Promise<void>;
}

/** A database with a clock of its own, a log in it, and ledgers as replicas have them. */
export interface LedgerWorld {
  readonly client: pg.Client;
  /** Of the database, for a connection with the clock of PostgreSQL itself. */
  readonly url: string;
  /** `port`: of a proxy in front of the database. */
  open(leaseMs?: number, port?: number): Promise<KillableLedger>;
  /** The clock of the ledgers' database shows this time, and goes on from there. */
  setClock(to: Date): Promise<void>;
  /** No ledger can reach the database, until the result is called. */
  goAway(): Promise<() => Promise<void>>;
  record(phase: "intent" | "outcome", spending: SpendingMark): Promise<void>;
  stateOf(budget: Budget): Promise<BudgetState>;
  /** Fails unless each total is the sum of its charges. */
  differences(): Promise<readonly unknown[]>;
  close(): Promise<void>;
}

export async function createLedgerWorld(): Promise<LedgerWorld> {
  const database = await createAuditDatabase();
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const log = createAuditLog({ connectionString: database.url });
  const reader = createLedger({ connectionString: database.url, timeoutMs: 60_000 });
  const roles: string[] = [];
  const ledgers: Ledger[] = [];
  // Found before the clock of PostgreSQL itself, by the roles below alone.
  await client.query(`
    CREATE SCHEMA fake;
    CREATE TABLE fake.clock AS SELECT interval '0' AS ahead;
    CREATE FUNCTION fake.now() RETURNS timestamptz LANGUAGE sql STABLE AS
      'SELECT pg_catalog.now() + ahead FROM fake.clock'`);

  const endSessionsOf = (names: readonly string[]) =>
    client.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = ANY ($1)", [names]);

  async function shut(names: readonly string[]): Promise<void> {
    for (const name of names) {
      await client.query(`ALTER ROLE ${name} NOLOGIN`);
    }
    await endSessionsOf(names);
  }

  return {
    client,
    url: database.url,
    async open(leaseMs = 2_000, port) {
      const role = `ledger_${randomBytes(6).toString("hex")}`;
      await client.query(`CREATE ROLE ${role} LOGIN SUPERUSER`);
      await client.query(`ALTER ROLE ${role} SET search_path = fake, pg_catalog, public`);
      roles.push(role);
      const url = new URL(database.url);
      url.username = role;
      url.port = port === undefined ? url.port : String(port);
      const ledger = createLedger({ connectionString: url.href, timeoutMs: 60_000, leaseMs });
      ledgers.push(ledger);
      return { ...ledger, kill: () => shut([role]) };
    },
    async setClock(to) {
      await client.query("UPDATE fake.clock SET ahead = $1::timestamptz - pg_catalog.clock_timestamp()", [
        to,
      ]);
    },
    async goAway() {
      await shut(roles);
      return async () => {
        for (const role of roles) {
          await client.query(`ALTER ROLE ${role} LOGIN`);
        }
      };
    },
    async record(phase, spending) {
      await log.record({
        event_type: "tool_invoke",
        decision: "allow",
        reason: "r",
        timestamp: Date.now() / 1_000,
        gateway_request_id: "r",
        phase,
        ...(phase === "outcome" ? { outcome: "ok" as const } : {}),
        metadata: {
          spending: { ...spending, payers: spending.payers === undefined ? [] : [...spending.payers] },
        },
      });
    },
    async stateOf(budget) {
      const [state] = await reader.states([budget]);
      if (state === undefined) {
        throw new Error("the ledger does not say how the budget stands");
      }
      return state;
    },
    async differences() {
      const { rows } = await client.query(
        `SELECT t.payer, t.period, t.starts::text, t.spent, t.reserved, charged.spent AS charged, charged.reserved AS open
         FROM spending_totals AS t, LATERAL (
           SELECT coalesce(sum(amount) FILTER (WHERE state IN ('settled', 'presumed')), 0) AS spent,
                  coalesce(sum(c.reserved) FILTER (WHERE state = 'open'), 0) AS reserved
           FROM spending_charges AS c
           WHERE c.payers ? t.payer AND date_trunc(t.period, c.at AT TIME ZONE 'UTC')::date = t.starts) AS charged
         WHERE t.spent <> charged.spent OR t.reserved <> charged.reserved`,
      );
      return rows;
    },
    async close() {
      await Promise.all([...ledgers, reader, log].map((one) => one.close()));
      await endSessionsOf(roles);
      for (const role of roles) {
        await client.query(`DROP ROLE IF EXISTS ${role}`);
      }
      await client.end();
      await database.drop();
    },
  };
}
