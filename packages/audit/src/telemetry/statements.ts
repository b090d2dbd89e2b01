import { statements, type TimedStatement } from "../postgres/timed-statements.ts";
import { fingerprintOf, type StatementFingerprint } from "./statement-fingerprint.ts";

/** A statement that has ended. */
export interface EndedStatement {
  /** From when it was handed to the connection: those before it on the same connection are part of it. */
  readonly ms: number;
  readonly failed: boolean;
  /** What it is, without its values; worked out when it is asked for. */
  fingerprint(): StatementFingerprint;
}

/**
 * Tells of each statement on all connections of this process, in the context of what has sent it, until the returned function is
 * called.
 */
export function onStatements(heard: (statement: EndedStatement) => void): () => void {
  const listener = (message: unknown) => {
    const { text, ms, failed } = message as TimedStatement;
    heard({ ms, failed, fingerprint: () => fingerprintOf(text) });
  };
  statements.subscribe(listener);
  return () => {
    statements.unsubscribe(listener);
  };
}
