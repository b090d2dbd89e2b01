import type { Compression } from "../../domain/compression.ts";
import type { BackoffSettings } from "@sark/observability/waiting";

/** How the engine treats one destination; its sink has settings of its own. Times in milliseconds. */
export interface DeliverySettings {
  /** Most events in one batch; fewer when `maxWaitMs` or `maxBytes` come first. */
  readonly maxEvents: number;
  readonly maxBytes: number;
  /** Events of several batches in one request while many wait. */
  readonly maxCatchUpEvents: number;
  readonly maxWaitMs: number;
  /** Most requests under way at the same time; with 1, events arrive in the order of the log. */
  readonly maxConcurrency: number;
  readonly retry: BackoffSettings;
  readonly breaker: { readonly failures: number; readonly openMs: number };
  /** Least time between two signed checkpoints of the log that are sent. */
  readonly checkpointMs: number;
  /** While the breaker is open, the receiver's health is asked this often. */
  readonly probeMs: number;
  readonly configurationRetryMs: number;
  /** Refused events in a row that are no longer the events' fault. */
  readonly maxRefusalsInRow: number;
  /** Events, and their bytes, that may be under way or wait for acknowledgement. */
  readonly maxUnsettledEvents: number;
  readonly maxUnsettledBytes: number;
  /** Health checks ask the receiver no more often. */
  readonly probeIntervalMs: number;
  readonly compression: Compression;
}
