/**
 * Why spans do not arrive: too many wait; no response, or that of a busy collector, until the end of the retries; the collector
 * does not want them; it responded, with what says nothing of them; the process ends.
 */
export const DROP_REASONS = ["queue_full", "export_failed", "rejected", "unconfirmed", "shutdown"] as const;
export type DropReason = (typeof DROP_REASONS)[number];

/** Told of spans that will never arrive, each of them once; `problem`: what the collector said, or that it said nothing. */
export type OnDropped = (spans: number, reason: DropReason, problem?: string) => void;
