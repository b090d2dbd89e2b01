import { vi } from "vitest";

// How long a condition may take is no property of the code under test: a busy machine must not fail a test that waits.
const patience = { timeout: 120_000, interval: 20 };
const { waitFor, waitUntil } = vi;
// Files that share a worker come here each.
if (!("patient" in waitFor)) {
  const patiently: typeof vi.waitFor = (callback, options) => waitFor(callback, withPatience(options));
  vi.waitFor = Object.assign(patiently, { patient: true });
  vi.waitUntil = (callback, options) => waitUntil(callback, withPatience(options));
}

/** A time of the test's own counts where it is longer: what does not come ends by that of the test. */
function withPatience(options: number | { timeout?: number; interval?: number } | undefined) {
  const own = typeof options === "number" ? { timeout: options } : options;
  return { ...patience, ...own, timeout: Math.max(patience.timeout, own?.timeout ?? 0) };
}
