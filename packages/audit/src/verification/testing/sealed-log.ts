import pg from "pg";
import { createTestLog, type AppendedEvent, type TestLog } from "../../log-builder/testing/test-log.ts";
import type { AuditRecord } from "../../events/record.ts";
import type { NoteSigner } from "../../transparency-log/notes/note-signer.ts";
import { signLog } from "./signed-log.ts";

/** A signed log, to be tampered with. */
export interface TamperedLog {
  readonly pool: pg.Pool;
  query(sql: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>;
  /** Undoes all that was done. */
  end(): Promise<void>;
}

export interface LogCopy extends TestLog, TamperedLog {}

/** A log that was signed in stages; tests work on copies of it. */
export interface SealedLog {
  readonly events: readonly AppendedEvent[];
  /** The newest checkpoint after each stage. */
  readonly notes: readonly string[];
  /** In a database of its own, for what takes several sessions. No trial may be open. */
  copy(): Promise<LogCopy>;
  /**
   * In a transaction that is never committed, which takes a tenth of the time of a copy. All connections of its pool are
   * the one of that transaction. One trial at a time.
   */
  trial(): Promise<TamperedLog>;
  drop(): Promise<void>;
}

/**
 * @param stages how many events are committed before each checkpoint; a last negative number is left unsigned
 * @param record what all events have in common
 */
export async function sealLog(
  serverUrl: string,
  signer: NoteSigner,
  stages: readonly number[],
  record: Partial<AuditRecord> = {},
): Promise<SealedLog> {
  const log = await createTestLog(serverUrl);
  const events: AppendedEvent[] = [];
  const notes: string[] = [];
  for (const count of stages) {
    events.push(...(await log.append(Math.abs(count), record)));
    if (count < 0) {
      continue;
    }
    notes.push(await signLog(log.pool, signer));
  }
  await log.pool.end();

  const template = new URL(log.url).pathname.slice(1);
  const admin = async (sql: string): Promise<void> => {
    const client = new pg.Client({ connectionString: serverUrl });
    await client.connect();
    await client.query(sql);
    await client.end();
  };
  /** Of all trials; no copy can be made while it is open. */
  let session: Promise<pg.Client> | null = null;
  const connect = async (): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: log.url });
    await client.connect();
    return client;
  };
  return {
    events,
    notes,
    async copy() {
      await (await session)?.end();
      session = null;
      const copy = await createTestLog(serverUrl, template);
      return { ...copy, end: copy.close };
    },
    async trial() {
      const client = await (session ??= connect());
      await client.query("BEGIN");
      return {
        pool: { connect: async () => Object.assign(client, { release: () => undefined }) } as pg.Pool,
        query: async (sql, values = []) =>
          (await client.query<Record<string, unknown>>(sql, [...values])).rows,
        end: async () => void (await client.query("ROLLBACK")),
      };
    },
    async drop() {
      await (await session)?.end();
      await admin(`DROP DATABASE ${template} WITH (FORCE)`);
    },
  };
}
