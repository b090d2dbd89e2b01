// A process that logs and ships until it is killed. Arguments: JSON of { directory, endpoint, from, region, id, key }.
// Each line goes to the files first, then to stdout: what a reader sees there had been written.
import { wait } from "@sark/observability/waiting";
import { createLogger, openLogFiles } from "@sark/observability/logging";
import { logShippingSchema } from "../log-lines/config.ts";
import { startLogShipping } from "../log-lines/start-log-shipping.ts";

const { directory, endpoint, from, region, id, key } = JSON.parse(process.argv[2] ?? "{}") as Record<
  "directory" | "endpoint" | "region" | "id" | "key",
  string
> & { readonly from: number };

const files = openLogFiles({ directory, maxFileBytes: 20_000, compressAfterSeconds: 0 });
startLogShipping({
  files,
  host: "crashing",
  environment: { ID: id, KEY: key },
  pollMs: 5,
  config: logShippingSchema.parse({
    region,
    endpoint,
    credentials: { accessKeyId: "${ID}", secretAccessKey: "${KEY}" },
    maxBatchEvents: 50,
    // Each fault repeats one batch at most, however much waits.
    maxCatchUpEvents: 50,
    maxBatchWait: "10ms",
    retryBaseDelay: "5ms",
    retryMaxDelay: "20ms",
    breakerOpenDuration: "30ms",
    requestTimeout: "500ms",
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
    await wait(1);
  }
}
