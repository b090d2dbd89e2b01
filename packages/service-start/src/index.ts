export { addressOf, listeningAddress } from "./address.ts";
export { inUse } from "./claim-directory.ts";
export { type Cleanup, endAll } from "./cleanup.ts";
export { configuredDatabase } from "./configured-database.ts";
export { configuredKey } from "./configured-key.ts";
export { createFileOnce, loadOrCreateSecret, openDataDirectory } from "./data-directory.ts";
export { embeddedDatabase } from "./embedded-database.ts";
