import type { HealthStatus } from "./types.ts";

/** Equal results in a row that it takes to go down, or to come back. */
const CONFIRMATIONS = 2;

/**
 * Turns single results into a status that does not flap: the very first result counts at once; later,
 * one failure reads `degraded` and two in a row `down`; from `down`, two successes in a row read `ok`.
 * A dependency that fails every other time therefore stays where it was: degraded, or down.
 */
export function createDamping() {
  let status: HealthStatus = "unknown";
  let same = 0;
  let last: boolean | undefined;

  return {
    record(success: boolean): HealthStatus {
      same = success === last ? same + 1 : 1;
      last = success;
      if (status === "unknown") {
        status = success ? "ok" : "down";
      } else if (same >= CONFIRMATIONS) {
        status = success ? "ok" : "down";
      } else if (status !== "down") {
        status = success ? "ok" : "degraded";
      }
      return status;
    },
    /** One more result decides: ask again soon. */
    unsettled: () => status === "degraded" || (status === "down" && last === true),
  };
}
