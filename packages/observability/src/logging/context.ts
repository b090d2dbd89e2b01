import { AsyncLocalStorage } from "node:async_hooks";

/** What a log line says about the request that it belongs to. */
export interface LogContext {
  readonly correlation_id?: string | undefined;
  readonly user?: string | undefined;
  readonly tenant?: string | undefined;
  readonly tool?: string | undefined;
  readonly session?: string | undefined;
}

const storage = new AsyncLocalStorage<{ fields: LogContext }>();
const EMPTY: LogContext = Object.freeze({});

/** Runs `fn`, and all it awaits, with these fields on each log line, on top of those already in force. */
export function runInContext<T>(fields: LogContext, fn: () => T): T {
  return storage.run({ fields: { ...storage.getStore()?.fields, ...fields } }, fn);
}

/**
 * Adds fields to the innermost running context, for what becomes known on the way (the user, once
 * authenticated). Does nothing outside of `runInContext`, so that no request's fields leak into the process.
 */
export function extendContext(fields: LogContext): void {
  const store = storage.getStore();
  if (store !== undefined) {
    store.fields = { ...store.fields, ...fields };
  }
}

/** The fields in force here; empty outside of `runInContext`. */
export function currentContext(): LogContext {
  return storage.getStore()?.fields ?? EMPTY;
}
