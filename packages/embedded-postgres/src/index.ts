export { NoEmbeddedPostgresError } from "./binaries.ts";
export { freePort } from "./free-port.ts";
export { untilEnded } from "./process-end.ts";
export { prepareCluster, startEmbeddedPostgres, type EmbeddedPostgres } from "./start.ts";
