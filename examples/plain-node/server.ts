// A document service on Node.js alone. A document is sent only when it is recorded who reads it.
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createAuditLog, migrate, combineObservers } from "@sark/audit";
import { auditCatalog, createAuditTelemetry } from "@sark/audit/telemetry";
import { createHealth } from "@sark/observability/health";
import { createLogger, installCrashHandlers, runInContext } from "@sark/observability/logging";
import { createRecorder, defineCatalog, mergeCatalogs, oneOf } from "@sark/observability/metrics";

const { DATABASE_URL: connectionString, PORT: port = "3000" } = process.env;
if (connectionString === undefined) {
  throw new Error("Set DATABASE_URL to a PostgreSQL database.");
}

const documents = new Map([["motd", "Have a nice day."]]);
const version = "1.0.0";
const logger = createLogger({ service: "documents", environment: "example", version, level: "info" });
installCrashHandlers(logger);

const catalog = mergeCatalogs(
  auditCatalog,
  defineCatalog({
    documents_reads_total: {
      type: "counter",
      help: "Reads of documents, by how they ended.",
      unit: "1",
      labels: { outcome: oneOf("sent", "missing", "unrecorded") },
    },
  }),
);
const recorder = createRecorder(catalog);

await migrate(connectionString);
const audit = createAuditLog({
  connectionString,
  observer: combineObservers(createAuditTelemetry({ recorder, logger })),
});
const health = createHealth({
  version,
  checks: [
    { name: "audit", component: "postgresql", required: true, check: (signal) => audit.check(signal) },
  ],
});
health.start();

async function readDocument(
  name: string,
  user: string,
  requestId: string,
  res: ServerResponse,
): Promise<void> {
  const text = documents.get(name);
  try {
    // Resolves when the record is committed: what is not recorded is not sent.
    await audit.record({
      event_type: "document_read",
      user_id: user,
      server_name: "documents",
      tool_name: name,
      decision: "allow",
      reason: "documents are open to everyone",
      timestamp: Date.now() / 1_000,
      gateway_request_id: requestId,
    });
  } catch (error) {
    logger.error({ error }, "the read is not recorded");
    recorder.increment("documents_reads_total", { outcome: "unrecorded" });
    send(res, 503, { error: "reads cannot be recorded now" });
    return;
  }
  recorder.increment("documents_reads_total", { outcome: text === undefined ? "missing" : "sent" });
  send(res, text === undefined ? 404 : 200, text === undefined ? { error: "no such document" } : { text });
}

function send(res: ServerResponse, status: number, body: unknown): void {
  res.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

async function serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const { pathname } = new URL(req.url ?? "/", "http://documents");
  const document = /^\/documents\/([\w-]{1,64})$/.exec(pathname)?.[1];
  if (document !== undefined) {
    const user = String(req.headers["x-user"] ?? "anonymous").slice(0, 64);
    const correlation_id = randomUUID();
    await runInContext({ correlation_id, user }, () => readDocument(document, user, correlation_id, res));
  } else if (pathname === "/metrics") {
    const { contentType, body } = await recorder.expose(req.headers.accept);
    res.writeHead(200, { "content-type": contentType }).end(body);
  } else if (pathname === "/health/ready") {
    const { status, body } = await health.ready();
    send(res, status, body);
  } else {
    send(res, 404, { error: "not found" });
  }
}

const server = createServer((req, res) => {
  serve(req, res).catch((error: unknown) => {
    logger.error({ error }, "the request failed");
    send(res, 500, { error: "internal error" });
  });
});
server.listen(Number(port), "127.0.0.1", () => {
  const address = server.address();
  const url = typeof address === "object" ? `http://127.0.0.1:${address?.port}` : address;
  logger.info({ url }, "listening");
});

process.once("SIGTERM", () => {
  health.setDraining(true);
  server.close(() => {
    health.close();
    // Writes what waits.
    void audit.close();
  });
  server.closeIdleConnections();
});
