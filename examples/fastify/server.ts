// An order service on fastify: traces, metrics, JSON logs, and a signed audit log of its requests.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createAuditLog, migrate } from "@sark/audit";
import { openTransparencyLog } from "@sark/audit/log-builder";
import { createAuditReader } from "@sark/audit/store";
import { auditCatalog, createAuditTelemetry } from "@sark/audit/telemetry";
import { currentContext } from "@sark/observability/logging";
import { defineCatalog, mergeCatalogs } from "@sark/observability/metrics";
import { createObservability, setRoute } from "@sark/observability/service";
import { withSpan } from "@sark/observability/tracing";
import fastify from "fastify";
import { auditRequests } from "./audited.ts";

const { DATABASE_URL: connectionString, KEY_FOLDER: keyFolder = "." } = process.env;
const { PORT: port = "3000", OPERATIONS_PORT: operationsPort = "9090" } = process.env;
if (connectionString === undefined) {
  throw new Error("Set DATABASE_URL to a PostgreSQL database.");
}

const observability = createObservability({
  service: "orders",
  version: "1.0.0",
  environment: "example",
  tracing: { sampleRatio: 1 },
  catalog: mergeCatalogs(
    auditCatalog,
    defineCatalog({
      orders_duration_seconds: {
        type: "histogram",
        help: "Time that an order takes.",
        unit: "seconds",
        buckets: [0.005, 0.05, 0.5, 5],
      },
    }),
  ),
});
const { logger, recorder, tracing, health } = observability;

await migrate(connectionString);
// Signs what is recorded. Its key and what it signed last stand outside the database, which is not trusted.
const log = await openTransparencyLog({
  connectionString,
  origin: "example.test/orders",
  keyFile: join(keyFolder, "log.key"),
  memoryFile: join(keyFolder, "log.memory"),
});
log.start();
const audit = createAuditLog({
  connectionString,
  observer: createAuditTelemetry({ recorder, logger }),
  payloads: { policy: "redacted" },
  recordSigner: log.recordSigner,
});
const reader = createAuditReader({ connectionString });
health.add({
  name: "audit",
  component: "postgresql",
  required: true,
  check: (signal) => audit.check(signal),
});

const app = fastify({
  serverFactory: (handler) => createServer(observability.serve(handler)),
  // The id that is on all lines of the request, and in the header of its response.
  genReqId: () => currentContext().correlation_id ?? "",
  forceCloseConnections: "idle",
});
app.addHook("onRequest", async ({ routeOptions }) => setRoute(routeOptions.url ?? "unknown"));
auditRequests(app, audit, logger);

app.post("/orders", { config: { audit: "place" } }, (request, reply) =>
  withSpan(tracing.tracer, "place an order", {}, async () => {
    const started = performance.now();
    logger.info({ order: request.body }, "order placed");
    recorder.observe("orders_duration_seconds", {}, (performance.now() - started) / 1_000);
    await reply.code(201).send({ request: request.id });
  }),
);
app.get<{ Params: { request: string } }>("/audit/:request", async (request) => {
  const { steps } = await reader.trail(request.params.request);
  return steps.map((step) =>
    step.kind === "call"
      ? { operation: step.intent.event.tool_name, outcome: step.outcome?.event.outcome ?? null }
      : { operation: step.event.event.tool_name, outcome: null },
  );
});
app.get("/verifier-key", () => log.verifierKey);
const url = await app.listen({ host: "127.0.0.1", port: Number(port) });
const operations = createServer(observability.operations).listen(Number(operationsPort), "127.0.0.1");
await once(operations, "listening");
const operationsUrl = `http://127.0.0.1:${(operations.address() as AddressInfo).port}`;
logger.info({ url, operations: operationsUrl }, "listening");

observability.stopOnSignal(async () => {
  await app.close();
  await audit.close();
  // Signs what was recorded until now.
  await log.close();
  await reader.close();
});
