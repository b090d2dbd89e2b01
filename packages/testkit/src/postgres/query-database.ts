import pg from "pg";

/** Connections that are kept at once, each to another database. */
const KEPT = 3;
/** Others may leave a session that the next statement does not expect, or one that is older than what they change. */
const LEAVES_NOTHING = /^\s*(?:SELECT|INSERT|UPDATE|DELETE|WITH|VALUES|(?:CREATE|DROP) DATABASE)\b/i;

/** Each in no use, the last one used at the end. */
const kept = new Map<string, pg.Client>();

/**
 * Rows of one statement, as over a connection of its own. The connection is kept for the next: to make one, and to learn
 * what the tables are, takes some 20 ms of processor time.
 */
export async function queryDatabase<R>(
  url: string,
  sql: string,
  values: readonly unknown[] = [],
): Promise<R[]> {
  const before = take(url);
  if (before !== undefined) {
    try {
      return await run<R>(url, before, sql, values);
    } catch (error) {
      // Other errors say that the session has ended since the statement before: its server was killed, for example.
      if (error instanceof pg.DatabaseError && error.severity === "ERROR") {
        throw error;
      }
    }
  }
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => forget(url, client));
  client.on("end", () => forget(url, client));
  await client.connect();
  return run<R>(url, client, sql, values);
}

/** Closes what is kept of a database, which can be copied then. */
export async function releaseDatabase(url: string): Promise<void> {
  await take(url)?.end();
}

async function run<R>(url: string, client: pg.Client, sql: string, values: readonly unknown[]): Promise<R[]> {
  let rows: unknown[];
  try {
    ({ rows } = await client.query(sql, [...values]));
  } catch (error) {
    client.end().catch(() => undefined);
    throw error;
  }
  if (LEAVES_NOTHING.test(sql) && (await isReset(client))) {
    await keep(url, client);
  } else {
    await client.end();
  }
  return rows as R[];
}

/** Lets go of what the session has of the statement: locks, settings, plans. */
function isReset(client: pg.Client): Promise<boolean> {
  return client.query("DISCARD ALL").then(
    () => true,
    () => false,
  );
}

async function keep(url: string, client: pg.Client): Promise<void> {
  // A statement beside this one may have kept its connection.
  const surplus = kept.has(url) || kept.size < KEPT ? url : [...kept.keys()][0];
  const released = releaseDatabase(surplus ?? url);
  kept.set(url, client);
  socketOf(client).unref();
  await released;
}

function take(url: string): pg.Client | undefined {
  const client = kept.get(url);
  if (client !== undefined) {
    kept.delete(url);
    socketOf(client).ref();
  }
  return client;
}

function forget(url: string, client: pg.Client): void {
  if (kept.get(url) === client) {
    kept.delete(url);
  }
}

/** What is kept keeps no process from its end. */
function socketOf(client: pg.Client): { ref(): void; unref(): void } {
  return client as unknown as { ref(): void; unref(): void };
}
