import { exhausted } from "../postgres/open-pools.ts";
import { statements, type TimedStatement } from "../postgres/timed-statements.ts";

/** What happens on the connections of this process to the audit database. */
export interface DatabaseObserver {
  /** A statement has ended, from when it was handed to its connection. */
  statementEnded(event: { readonly seconds: number; readonly failed: boolean }): void;
  /** The pool had no connection free for what came, which waits. */
  poolExhausted(name: string): void;
}

/** Tells of them until the returned function is called. */
export function observeDatabase(observer: DatabaseObserver): () => void {
  const ended = (message: unknown) => {
    const { ms, failed } = message as TimedStatement;
    observer.statementEnded({ seconds: ms / 1_000, failed });
  };
  const waits = (name: unknown) => observer.poolExhausted(name as string);
  statements.subscribe(ended);
  exhausted.subscribe(waits);
  return () => {
    statements.unsubscribe(ended);
    exhausted.unsubscribe(waits);
  };
}
