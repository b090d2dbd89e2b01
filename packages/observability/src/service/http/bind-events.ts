import { AsyncLocalStorage } from "node:async_hooks";
import type { EventEmitter } from "node:events";

/**
 * What listens to this emitter runs in the context that is in force now. Node.js begins a request before its handler
 * does: without this, what happens when the body has been read would know neither the span nor the fields of lines.
 */
export function bindEvents(emitter: EventEmitter): void {
  const inContext = AsyncLocalStorage.snapshot();
  const emit = emitter.emit;
  emitter.emit = (name: string | symbol, ...values: unknown[]) =>
    inContext(() => emit.call(emitter, name, ...values));
}
