import pg from "pg";
import { fixSession, type Lease } from "./session-defaults.ts";
import { timeStatements } from "./timed-statements.ts";

export interface ClientOptions {
  readonly connectionString: string;
  /** How the database names the connection to its operators (`application_name`). */
  readonly name: string;
  /** The server ends a statement after as long, in milliseconds. Default: never. */
  readonly statementTimeoutMs?: number;
}

/** Opens the connection of a client. */
export async function connectClient(client: pg.Client, lease: Lease): Promise<void> {
  await client.connect();
  await fixSession(client, lease);
}

/** A client that is not connected yet (`connectClient`). `onEnd` is told when its connection breaks or ends, also while it is idle. */
export function createClient(options: ClientOptions, onEnd: (client: pg.Client) => void): pg.Client {
  const client = new pg.Client({
    connectionString: options.connectionString,
    application_name: options.name,
    ...(options.statementTimeoutMs === undefined ? {} : { statement_timeout: options.statementTimeoutMs }),
    keepAlive: true,
  });
  timeStatements(client);
  client.on("error", () => onEnd(client));
  client.on("end", () => onEnd(client));
  return client;
}
