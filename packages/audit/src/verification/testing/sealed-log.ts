import { randomBytes } from "node:crypto";
import pg from "pg";
import { createTestLog, type AppendedEvent } from "../../log-builder/testing/test-log.ts";
import type { NoteSigner } from "../../transparency-log/notes/note-signer.ts";
import { signLog } from "./signed-log.ts";

/** A copy of a signed log, to be tampered with. */
export interface LogCopy {
  readonly url: string;
  readonly pool: pg.Pool;
  query(sql: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>;
  drop(): Promise<void>;
}

/** A log that was signed in stages; tests work on copies of it. */
export interface SealedLog {
  readonly events: readonly AppendedEvent[];
  /** The newest checkpoint after each stage. */
  readonly notes: readonly string[];
  copy(): Promise<LogCopy>;
  drop(): Promise<void>;
}

/** @param stages how many events are committed before each checkpoint; a last negative number is left unsigned */
export async function sealLog(
  serverUrl: string,
  signer: NoteSigner,
  stages: readonly number[],
): Promise<SealedLog> {
  const log = await createTestLog(serverUrl);
  const events: AppendedEvent[] = [];
  const notes: string[] = [];
  for (const count of stages) {
    events.push(...(await log.append(Math.abs(count))));
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
  return {
    events,
    notes,
    async copy() {
      const name = `copy_${randomBytes(6).toString("hex")}`;
      await admin(`CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY file_copy`);
      const url = log.url.replace(/\/[^/]*$/, `/${name}`);
      const pool = new pg.Pool({ connectionString: url, max: 3 });
      pool.on("error", () => undefined);
      return {
        url,
        pool,
        query: async (sql, values = []) => (await pool.query<Record<string, unknown>>(sql, [...values])).rows,
        async drop() {
          await pool.end();
          await admin(`DROP DATABASE ${name} WITH (FORCE)`);
        },
      };
    },
    drop: () => admin(`DROP DATABASE ${template} WITH (FORCE)`),
  };
}
