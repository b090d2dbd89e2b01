export { freePort } from "./free-port.ts";
export { untilEnded } from "./process-end.ts";
export { startEmbeddedPostgres, type EmbeddedPostgres } from "./start.ts";
