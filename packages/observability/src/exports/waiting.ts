export { backoffMs, type BackoffSettings } from "../waiting/backoff.ts";
export { retryAfterMs } from "../waiting/retry-after.ts";
export { createSequence, type Sequence } from "../waiting/sequence.ts";
export { wait, type WaitOptions } from "../waiting/wait.ts";
export { waitUntil, type WaitUntilOptions } from "../waiting/wait-until.ts";
export { createWakeUp, type WakeUp } from "../waiting/wake-up.ts";
export { within } from "../waiting/within.ts";
