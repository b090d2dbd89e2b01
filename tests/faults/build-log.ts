// A replica that builds the transparency log: build-log URL FOLDER. Says when the log contradicts what it signed.
import { join } from "node:path";
import { openTransparencyLog } from "@sark/audit/log-builder";
import { ORIGIN } from "./check.ts";

const [connectionString = "", folder = ""] = process.argv.slice(2);
const log = await openTransparencyLog({
  connectionString,
  origin: ORIGIN,
  keyFile: join(folder, "key.pem"),
  memoryFile: join(folder, "memory"),
  intervalMs: 50,
  observer: { refused: (error) => process.send?.(error.message) },
});
log.start();
process.send?.({ verifierKey: log.verifierKey });
process.on("disconnect", () => process.exit(1));
