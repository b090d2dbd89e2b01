import { vi } from "vitest";

// How long a condition may take is no property of the code under test: a busy machine must not fail a test that waits.
const waiting = { timeout: 240_000, interval: 20 };
const { waitFor, waitUntil } = vi;
// Files that share a worker come here each.
if (!("patient" in waitFor)) {
  const patiently: typeof vi.waitFor = (callback, options) => waitFor(callback, withWaiting(options));
  vi.waitFor = Object.assign(patiently, { patient: true });
  vi.waitUntil = (callback, options) => waitUntil(callback, withWaiting(options));
}

/** A time of the test's own counts where it is longer: what does not come ends by that of the test. */
function withWaiting(options: number | { timeout?: number; interval?: number } | undefined) {
  const own = typeof options === "number" ? { timeout: options } : options;
  return { ...waiting, ...own, timeout: Math.max(waiting.timeout, own?.timeout ?? 0) };
}
