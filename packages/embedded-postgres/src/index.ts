export { freePort } from "./free-port.ts";
export { startEmbeddedPostgres, type EmbeddedPostgres } from "./start.ts";
