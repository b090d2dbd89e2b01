import type pg from "pg";
import { to as copyTo } from "pg-copy-streams";
import { withClient, type Pool } from "../../postgres/pool.ts";
import { createBinaryRowReader, type BinaryRow } from "./binary-rows.ts";
import { VerificationError } from "../errors.ts";

/**
 * One connection to look at the log by. No transaction is held open: an old one would make the writers' commits slower and
 * slower. What was committed does not change, so a log that is read in pieces is still one log.
 */
export interface LogConnection {
  readonly client: pg.ClientBase;
  /** Reads a query's rows in binary, a few at a time; `onRow` is called for each, synchronously. */
  copy(sql: string, fields: number, onRow: (row: BinaryRow) => void): Promise<void>;
}

/** PostgreSQL's codes for a table or column that is not there. */
const UNDEFINED = new Set(["42P01", "42703"]);

export async function withConnection<T>(
  pool: Pool,
  work: (connection: LogConnection) => Promise<T>,
): Promise<T> {
  let connected = false;
  try {
    return await withClient(pool, (client) => {
      connected = true;
      return work({ client, copy: (sql, fields, onRow) => copy(client, sql, fields, onRow) });
    });
  } catch (error) {
    if (connected) {
      throw toVerificationError(error);
    }
    throw new VerificationError("database_unavailable", `Cannot connect to the database: ${reason(error)}`, {
      cause: error,
    });
  }
}

async function copy(
  client: pg.ClientBase,
  sql: string,
  fields: number,
  onRow: (row: BinaryRow) => void,
): Promise<void> {
  const reader = createBinaryRowReader(fields, onRow);
  const stream = client.query(copyTo(`COPY (${sql}) TO STDOUT (FORMAT binary)`));
  for await (const chunk of stream) {
    reader.push(chunk as Buffer);
  }
  reader.end();
}

function toVerificationError(error: unknown): unknown {
  const { code } = error as { code?: string };
  if (error instanceof VerificationError) {
    return error;
  }
  if (code !== undefined && UNDEFINED.has(code)) {
    return new VerificationError(
      "not_an_audit_log",
      `This database holds no audit log of this version: ${reason(error)}`,
      {
        cause: error,
      },
    );
  }
  // SQLSTATE has five characters; ours and Node's codes do not.
  if (code?.length === 5 || /^E[A-Z]+$/.test(code ?? "") || /[Cc]onnection/.test(reason(error))) {
    return new VerificationError("database_unavailable", `The database failed: ${reason(error)}`, {
      cause: error,
    });
  }
  return error;
}

function reason(error: unknown): string {
  return error instanceof AggregateError
    ? error.errors.map(reason).join("; ")
    : error instanceof Error
      ? error.message
      : String(error);
}
