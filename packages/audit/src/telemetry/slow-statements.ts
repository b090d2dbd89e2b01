import type { StatementFingerprint } from "./statement-fingerprint.ts";
import { onStatements } from "./statements.ts";

/** A statement that took long. */
export interface SlowStatement extends StatementFingerprint {
  /** From when it was handed to the connection: those before it on the same connection are part of it. */
  readonly ms: number;
  readonly failed: boolean;
}

/** Tells of statements that take longer, on all connections of this process, until the returned function is called. */
export function onSlowStatements(
  slowerThanMs: number,
  heard: (statement: SlowStatement) => void,
): () => void {
  return onStatements(({ ms, failed, fingerprint }) => {
    if (ms >= slowerThanMs) {
      heard({ ...fingerprint(), ms, failed });
    }
  });
}
