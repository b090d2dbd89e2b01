import type { CircuitView } from "./circuit-view.ts";

/** One request, as the observer hears of it. */
export interface RequestReport {
  readonly destination: string;
  readonly platform: string;
  /** `awaiting` is followed by another report when the acknowledgement came, or did not. */
  readonly result: RequestResult;
  /** Why it was no success; `null` when it was. */
  readonly reason: string | null;
  /** From sending to the end of the response, or of the acknowledgement. */
  readonly seconds: number;
  readonly events: number;
  readonly contentBytes: number;
  readonly sentBytes: number;
  readonly cut: number;
  readonly late: number;
  /** The acknowledgement of a request that was reported as `awaiting` before, or its absence. */
  readonly confirmation: boolean;
}
export const REQUEST_RESULTS = [
  "delivered",
  "sent",
  "retry",
  "maybe_duplicate",
  "configuration",
  "rejected",
  "awaiting",
] as const;
export type RequestResult = (typeof REQUEST_RESULTS)[number];

export interface SettledReport {
  readonly destination: string;
  readonly platform: string;
  /** Those that left the quarantine by being delivered after all included. */
  readonly acknowledged: number;
  readonly sent: number;
  readonly quarantined: number;
  readonly purged: number;
}

export const DELIVERY_OPERATIONS = [
  "session",
  "view",
  "feed",
  "advance",
  "replay",
  "report",
  "checkpoint",
] as const;
export type DeliveryOperation = (typeof DELIVERY_OPERATIONS)[number];

/** What happens in deliveries. Each member is called synchronously and must not block. */
export interface DeliveryObserver {
  requestFinished(report: RequestReport): void;
  /** Written down in the ledger. */
  settled(report: SettledReport): void;
  eventQuarantined(report: {
    readonly destination: string;
    readonly seq: number;
    readonly id: string;
    readonly reason: string;
  }): void;
  circuitChanged(destination: string, platform: string, view: CircuitView): void;
  leadershipChanged(destination: string, platform: string, leading: boolean): void;
  /** TLS files of a destination changed and are in use (`null`), or cannot be used, and the former ones still serve. */
  tlsFilesChanged(destination: string, problem: string | null): void;
  /** The database could not be asked; it is tried again. */
  storeFailed(operation: DeliveryOperation, error: unknown): void;
}

/** Does nothing: to be completed by those who listen (`combineObservers`). */
export const SILENT_DELIVERY_OBSERVER: DeliveryObserver = {
  requestFinished: () => undefined,
  settled: () => undefined,
  eventQuarantined: () => undefined,
  circuitChanged: () => undefined,
  leadershipChanged: () => undefined,
  tlsFilesChanged: () => undefined,
  storeFailed: () => undefined,
};
