// A process that logs and ships until it is killed. Arguments: JSON of { directory, endpoint, from, region, id, key }.
// Each line goes to the files first, then to stdout: what a reader sees there had been written.
import { setTimeout as pause } from "node:timers/promises";
import { createLogger, openLogFiles } from "@sark/observability/logging";
import { logShippingSchema } from "../log-lines/config.ts";
import { startLogShipping } from "../log-lines/start-log-shipping.ts";

const { directory, endpoint, from, region, id, key } = JSON.parse(process.argv[2] ?? "{}") as Record<
  "directory" | "endpoint" | "region" | "id" | "key",
  string
> & { readonly from: number };

const files = openLogFiles({ directory, maxFileBytes: 20_000 });
startLogShipping({
  files,
  host: "crashing",
  environment: { ID: id, KEY: key },
  pollMs: 5,
  config: logShippingSchema.parse({
    region,
    endpoint,
    credentials: { accessKeyId: { env: "ID" }, secretAccessKey: { env: "KEY" } },
    maxBatchEvents: 50,
    maxBatchWaitMs: 10,
    retryBaseMs: 5,
    retryMaxMs: 20,
    breakerOpenMs: 30,
    requestTimeoutMs: 500,
  }),
});
const logger = createLogger({
  service: "crashing",
  environment: "test",
  version: "1",
  level: "info",
  destination: [files, "stdout"],
});
const security = logger.child({ component: "http", log: "security-audit" });
for (let n = from; ; n++) {
  if (n % 7 === 3) {
    security.warn({ n }, "denied");
  } else {
    logger[n % 11 === 5 ? "error" : "info"]({ n }, "line");
  }
  if (n % 5 === 0) {
    await pause(1);
  }
}
