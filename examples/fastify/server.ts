// An order service on fastify: traces, metrics, JSON logs, and a signed audit log of its requests.
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { createAuditLog, migrate } from "@sark/audit";
import { openTransparencyLog } from "@sark/audit/log-builder";
import { createAuditReader } from "@sark/audit/store";
import { auditCatalog, createAuditTelemetry } from "@sark/audit/telemetry";
import { createHealth } from "@sark/observability/health";
import { createLogger, installCrashHandlers } from "@sark/observability/logging";
import { createRecorder, defineCatalog, mergeCatalogs } from "@sark/observability/metrics";
import { startTracing, withSpan } from "@sark/observability/tracing";
import fastify from "fastify";
import { auditRequests } from "./audited.ts";

const { DATABASE_URL: connectionString, PORT: port = "3000", KEY_FOLDER: keyFolder = "." } = process.env;
if (connectionString === undefined) {
  throw new Error("Set DATABASE_URL to a PostgreSQL database.");
}

const about = { service: "orders", version: "1.0.0", environment: "example" };
const logger = createLogger({ ...about, level: "info" });
installCrashHandlers(logger);
const tracing = startTracing({ ...about, sampleRatio: 1 });
const recorder = createRecorder(
  mergeCatalogs(
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
);

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
const health = createHealth({
  version: about.version,
  checks: [
    { name: "audit", component: "postgresql", required: true, check: (signal) => audit.check(signal) },
  ],
});
health.start();

const app = fastify({ genReqId: () => randomUUID(), forceCloseConnections: "idle" });
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
app.get("/metrics", async (request, reply) => {
  const { contentType, body } = await recorder.expose(request.headers.accept);
  await reply.type(contentType).send(body);
});
app.get("/health/ready", async (_request, reply) => {
  const { status, body } = await health.ready();
  await reply.code(status).send(body);
});

const url = await app.listen({ host: "127.0.0.1", port: Number(port) });
logger.info({ url }, "listening");

async function shutDown(): Promise<void> {
  health.setDraining(true);
  await app.close();
  health.close();
  await audit.close();
  // Signs what was recorded until now.
  await log.close();
  await reader.close();
  await tracing.shutdown();
}
process.once("SIGTERM", () => void shutDown());
