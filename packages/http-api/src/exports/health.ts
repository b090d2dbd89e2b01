export { detailedHealth, liveness, readiness } from "../health/responses.ts";
export { shownStatus } from "../health/shown-status.ts";
