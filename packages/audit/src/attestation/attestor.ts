import type pg from "pg";
import type { SignedRow } from "../log-tables/checkpoint-table.ts";

/** Somebody outside who confirms checkpoints: a witness, or a time-stamp authority. */
export interface Attestor {
  readonly name: string;
  /** Confirmations are asked for no more often than this, in milliseconds. */
  readonly everyMs: number;
  /** Has the checkpoint confirmed and stores the confirmation. */
  attest(pool: pg.Pool, checkpoint: SignedRow, signal: AbortSignal): Promise<void>;
}
