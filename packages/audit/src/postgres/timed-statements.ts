import { AsyncResource } from "node:async_hooks";
import { channel } from "node:diagnostics_channel";
import type pg from "pg";

/** A statement that has ended. */
export interface TimedStatement {
  readonly text: string;
  /** From when it was handed to the connection: those before it on the same connection are part of it. */
  readonly ms: number;
  readonly failed: boolean;
}

/** What opens a connection need not know what listens; without listeners nothing is timed. */
export const statements = channel("sark:audit:postgres:statement");

/** Times what is sent over a connection. Copies, which are streams, are left out: they take as long as their data. */
export function timeStatements(client: pg.ClientBase): void {
  const send = client.query.bind(client) as (...given: unknown[]) => unknown;
  client.query = function query(...given: unknown[]): unknown {
    if (!statements.hasSubscribers) {
      return send(...given);
    }
    const text = textOf(given[0]);
    if (text === null) {
      return send(...given);
    }
    const startedAt = performance.now();
    const ended = (failed: boolean) => {
      statements.publish({ text, ms: performance.now() - startedAt, failed } satisfies TimedStatement);
    };
    const callback = given.at(-1);
    if (typeof callback === "function") {
      // It is called where the connection is read. Not a bound function or a snapshot: the engine makes a prototype for each of them, which
      // keeps what the statement was about until the next collection of the whole heap.
      const context = new AsyncResource("statement");
      const told = (error: unknown, result: unknown) => {
        context.runInAsyncScope(ended, null, Boolean(error));
        (callback as (error: unknown, result: unknown) => void)(error, result);
      };
      return send(...given.slice(0, -1), told);
    }
    const result = send(...given) as Promise<unknown>;
    result.then(
      () => ended(false),
      () => ended(true),
    );
    return result;
  } as typeof client.query;
}

/** `null` for what is no statement, but has a way of its own to be sent. */
function textOf(statement: unknown): string | null {
  if (typeof statement === "string") {
    return statement;
  }
  const { text, submit } = statement as { readonly text?: unknown; readonly submit?: unknown };
  return typeof text === "string" && submit === undefined ? text : null;
}
