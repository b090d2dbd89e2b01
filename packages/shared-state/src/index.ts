export { type SharedBuckets, createSharedBuckets } from "./buckets.ts";
export { SHARED_STATE_ERROR_CODES } from "./errors.ts";
export { sharedStateCheck } from "./health-check.ts";
export type { SharedStateObserver } from "./observer.ts";
export { type Script, defineScript } from "./script.ts";
export { type Seal, createSeal } from "./seal.ts";
export { createSeenNonces } from "./seen-nonces.ts";
export type { SharedState } from "./shared-state.ts";
