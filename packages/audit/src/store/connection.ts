import pg from "pg";
import { AuditError } from "../errors.ts";

export interface ConnectionSettings {
  readonly connectionString: string;
  /** The database gets this long for a statement; the client gives up a little later, in milliseconds. */
  readonly statementTimeoutMs: number;
}

/** One connection that is opened when it is needed and again after it broke. */
export interface Connection {
  /** Runs `work` on an open connection. A failure of the connection itself throws it away. */
  use<T>(work: (client: pg.Client) => Promise<T>): Promise<T>;
  /** The same within a transaction, rolled back when `work` fails. */
  transaction<T>(work: (client: pg.Client) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export function createConnection(settings: ConnectionSettings): Connection {
  const { connectionString, statementTimeoutMs } = settings;
  let current: Promise<pg.Client> | undefined;

  async function open(): Promise<pg.Client> {
    const client = new pg.Client({
      connectionString,
      application_name: "sark-audit",
      connectionTimeoutMillis: statementTimeoutMs,
      statement_timeout: statementTimeoutMs,
      // A server that is stopped or unreachable does not enforce its own limit.
      query_timeout: statementTimeoutMs + 1_000,
      keepAlive: true,
    });
    client.on("error", () => discard(client));
    client.on("end", () => discard(client));
    await client.connect();
    return client;
  }

  function discard(client: pg.Client | undefined): void {
    current = undefined;
    client?.end().catch(() => undefined);
    // `end` waits for a server that may never answer.
    destroySocket(client);
  }

  async function use<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    current ??= open();
    let client: pg.Client | undefined;
    try {
      client = await current;
      return await work(client);
    } catch (error) {
      if (client === undefined || breaksConnection(error)) discard(client);
      throw toAuditError(error);
    }
  }

  return {
    use,
    transaction: (work) =>
      use(async (client) => {
        await client.query("BEGIN");
        try {
          const result = await work(client);
          await client.query("COMMIT");
          return result;
        } catch (error) {
          if (!breaksConnection(error)) await client.query("ROLLBACK");
          throw error;
        }
      }),
    async close() {
      const client = await current?.catch(() => undefined);
      current = undefined;
      await client?.end();
    },
  };
}

function destroySocket(client: pg.Client | undefined): void {
  const { connection } = (client ?? {}) as unknown as { connection?: { stream?: { destroy(): void } } };
  connection?.stream?.destroy();
}

/** A statement that the server refused leaves the connection usable; everything else does not. */
function breaksConnection(error: unknown): boolean {
  return !(error instanceof pg.DatabaseError) || isShutdown(error.code);
}

/** Classes 08 (connection) and 57P (shutdown, crash, cannot connect now). */
function isShutdown(code: string | undefined): boolean {
  return code !== undefined && (code.startsWith("08") || code.startsWith("57P"));
}

/** The server looked at the statement and refused its data (SQLSTATE classes 22 and 23): nothing was kept. */
export function isRefused(error: unknown): boolean {
  const { code } = ((error as AuditError).cause ?? {}) as { code?: unknown };
  return typeof code === "string" && /^2[23]/.test(code);
}

/** Statement or lock time-outs, and our own: it is not known what became of the statement. */
function isTimeout(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  return code === "57014" || code === "55P03" || /timeout/i.test(message ?? "");
}

function toAuditError(error: unknown): AuditError {
  if (error instanceof AuditError) return error;
  return isTimeout(error)
    ? new AuditError("store_timeout", "The audit database did not answer in time.", { cause: error })
    : new AuditError("store_unavailable", "The audit database is not available.", { cause: error });
}
