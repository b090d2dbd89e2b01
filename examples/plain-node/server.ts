// A document service on Node.js alone. A document is sent only when it is recorded who reads it.
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createAuditLog, migrate, combineObservers } from "@sark/audit";
import { auditCatalog, createAuditTelemetry } from "@sark/audit/telemetry";
import { currentContext, extendContext } from "@sark/observability/logging";
import { defineCatalog, mergeCatalogs, oneOf } from "@sark/observability/metrics";
import { createObservability, setRoute } from "@sark/observability/service";

const {
  DATABASE_URL: connectionString,
  PORT: port = "3000",
  OPERATIONS_PORT: operationsPort = "9090",
} = process.env;
if (connectionString === undefined) {
  throw new Error("Set DATABASE_URL to a PostgreSQL database.");
}

const documents = new Map([["motd", "Have a nice day."]]);
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
const observability = createObservability({
  service: "documents",
  version: "1.0.0",
  environment: "example",
  catalog,
});
const { logger, recorder, health } = observability;

await migrate(connectionString);
const audit = createAuditLog({
  connectionString,
  observer: combineObservers(createAuditTelemetry({ recorder, logger })),
});
health.add({
  name: "audit",
  component: "postgresql",
  required: true,
  check: (signal) => audit.check(signal),
});

async function readDocument(name: string, user: string, res: ServerResponse): Promise<void> {
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
      gateway_request_id: currentContext().correlation_id ?? "unknown",
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
  if (document === undefined) {
    return send(res, 404, { error: "not found" });
  }
  setRoute("/documents/:name");
  const user = String(req.headers["x-user"] ?? "anonymous").slice(0, 64);
  extendContext({ user });
  await readDocument(document, user, res);
}

const server = createServer(observability.serve(serve)).listen(Number(port), "127.0.0.1");
const operations = createServer(observability.operations).listen(Number(operationsPort), "127.0.0.1");
await Promise.all([once(server, "listening"), once(operations, "listening")]);
const urlOf = (one: typeof server) => `http://127.0.0.1:${(one.address() as AddressInfo).port}`;
logger.info({ url: urlOf(server), operations: urlOf(operations) }, "listening");

observability.stopOnSignal(async () => {
  server.close();
  server.closeIdleConnections();
  await once(server, "close");
  // Writes what waits.
  await audit.close();
});
