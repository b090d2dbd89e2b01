/** Why spans do not arrive. */
export const DROP_REASONS = ["queue_full", "export_failed"] as const;
export type DropReason = (typeof DROP_REASONS)[number];
