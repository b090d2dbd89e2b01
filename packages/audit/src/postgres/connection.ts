import { within } from "@sark/observability/waiting";
import type pg from "pg";
import { AuditError } from "../errors.ts";
import { connectClient, createClient } from "./client.ts";
import { breaksConnection, toAuditError } from "./failures.ts";
import { LEASE_MS } from "./session-defaults.ts";
import { sever } from "./sever.ts";
import { inTransaction } from "./transaction.ts";

export interface ConnectionSettings {
  readonly connectionString: string;
  /** For all of one `use`, connecting included, in milliseconds; the server stops a statement after as long. */
  readonly timeoutMs: number;
  /** Settings of PostgreSQL for the session. */
  readonly session?: Readonly<Record<string, string>>;
  /** A process that stands still in the middle of a transaction loses it after so long, in milliseconds. Default 15,000. */
  readonly leaseMs?: number;
  /** Looks at each new connection before it is used; one that it rejects is not. */
  inspect?(client: pg.Client): Promise<void>;
}

/**
 * Statements with parameters are planned once, for any values. PostgreSQL itself would plan those of small batches anew each
 * time, which takes as long as to insert a dozen events.
 */
export const PLANNED_ONCE = { plan_cache_mode: "force_generic_plan" } as const;

export interface UseOptions {
  /** Less time than the connection's own. */
  readonly timeoutMs?: number;
}

/** One connection that is opened when it is needed and again after it broke. */
export interface Connection {
  /**
   * Runs `work` on an open connection; one at a time. A failure of the connection itself, or no end in time, throws it
   * away: what became of the statement is then not known. Rejects with an `AuditError`.
   */
  use<T>(work: (client: pg.Client) => Promise<T>, options?: UseOptions): Promise<T>;
  /** The same within a transaction, rolled back when `work` fails. */
  transaction<T>(work: (client: pg.Client) => Promise<T>, options?: UseOptions): Promise<T>;
  close(): Promise<void>;
}

const CLOSE_MS = 1_000;
/** Stands for work that did not end in time. */
const LATE = Symbol("late");

/** Can the connection be used after this failure? */
function leavesConnection(error: unknown): boolean {
  return error instanceof AuditError || !breaksConnection(error);
}

export function createConnection(settings: ConnectionSettings): Connection {
  const { connectionString, timeoutMs, session = {}, leaseMs = LEASE_MS } = settings;
  let current: { readonly client: pg.Client; readonly opened: Promise<unknown> } | undefined;

  // Names and values are of our own code.
  const prepare = Object.entries(session)
    .map(([name, value]) => `SET ${name} = ${value}`)
    .join("; ");

  function open(): NonNullable<typeof current> {
    const client = createClient(
      { connectionString, name: "sark-audit", statementTimeoutMs: timeoutMs },
      discard,
    );
    const opened = connectClient(client, { inTransactionMs: leaseMs })
      .then(() => (prepare === "" ? null : client.query(prepare)))
      .then(() => settings.inspect?.(client));
    opened.catch(() => undefined);
    current = { client, opened };
    return current;
  }

  function discard(client: pg.Client): void {
    if (current?.client === client) {
      current = undefined;
    }
    sever(client);
  }

  async function use<T>(work: (client: pg.Client) => Promise<T>, options: UseOptions = {}): Promise<T> {
    const { client, opened } = current ?? open();
    let connected = false;
    const limit = options.timeoutMs ?? timeoutMs;
    try {
      const running = opened.then(() => {
        connected = true;
        return work(client);
      });
      // A server that is stopped or unreachable does not enforce its own limit.
      const result = await within(limit, running, LATE);
      if (result === LATE) {
        throw new Error(`timeout after ${limit} ms`);
      }
      return result;
    } catch (error) {
      if (!connected || !leavesConnection(error)) {
        discard(client);
      }
      throw toAuditError(error);
    }
  }

  return {
    use,
    transaction: (work, options) =>
      use((client) => inTransaction(client, () => work(client), { onStuck: () => discard(client) }), options),
    async close() {
      const closing = current;
      current = undefined;
      if (closing === undefined) {
        return;
      }
      const ended = closing.opened.then(() => closing.client.end()).catch(() => undefined);
      await within(CLOSE_MS, ended, undefined);
      discard(closing.client);
    },
  };
}
