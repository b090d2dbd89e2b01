import { redactText } from "@sark/observability/redaction";
import type { UpstreamObserver } from "../upstreams/contract/observer.ts";

/** What happened at one upstream since the start. Times are Unix milliseconds. */
export interface UpstreamRecord {
  readonly errors: number;
  readonly lastError: { readonly code: string; readonly message: string; readonly at: number } | null;
  /** Processes that were started, and those that ended by themselves. */
  readonly started: number;
  readonly crashed: number;
  readonly lastExit: {
    readonly code: number | null;
    readonly signal: string | null;
    readonly at: number;
  } | null;
}

const NOTHING: UpstreamRecord = { errors: 0, lastError: null, started: 0, crashed: 0, lastExit: null };
const MAX_MESSAGE = 500;

/** Remembers the newest of what upstreams were at fault with, for operators, and passes all on to `next`; one record for each configured server. */
export function createUpstreamRecords(next: UpstreamObserver): {
  readonly observe: UpstreamObserver;
  of(upstream: string): UpstreamRecord;
} {
  const records = new Map<string, UpstreamRecord>();
  const of = (name: string) => records.get(name) ?? NOTHING;
  return {
    of,
    observe(name, event) {
      next(name, event);
      const before = of(name);
      if (event.type === "failed") {
        const { code, message } = event;
        const lastError = { code, message: redactText(message).slice(0, MAX_MESSAGE), at: Date.now() };
        records.set(name, { ...before, errors: before.errors + 1, lastError });
      } else if (event.type === "process_started") {
        records.set(name, { ...before, started: before.started + 1 });
      } else if (event.type === "process_ended" && !event.expected) {
        const lastExit = { code: event.exitCode, signal: event.signal, at: Date.now() };
        records.set(name, { ...before, crashed: before.crashed + 1, lastExit });
      }
    },
  };
}
