import { expect, inject, it } from "vitest";
import { createLogger, createRecorder } from "@sark/observability";
import { createTestDatabase } from "@sark/testkit";
import { createAuditLog } from "../store/audit-log.ts";
import { migrate } from "../store/migrate.ts";
import { auditCatalog } from "./catalog.ts";
import { createAuditTelemetry } from "./observer.ts";

it("writes one line for every recorded event and counts it; failures too [AUD-4] [MET-10]", async () => {
  const database = await createTestDatabase(inject("postgresUrl"));
  await migrate(database.url);
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger({
    service: "test",
    environment: "test",
    version: "0",
    level: "info",
    destination: { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
  });
  const recorder = createRecorder(auditCatalog);
  const log = createAuditLog({
    connectionString: database.url,
    observer: createAuditTelemetry({ recorder, logger }),
  });
  const id = await log.logGatewayEvent({
    event_type: "tool_invoke",
    user_id: "alice",
    decision: "deny",
    reason: "no policy permits it",
    timestamp: 1_795_000_000,
    gateway_request_id: "request-7",
  });
  await log.logGatewayEvent({} as never).catch(() => undefined);
  await log.close();
  expect(lines[0]).toMatchObject({
    level: "info",
    component: "audit",
    audit_id: id,
    event_type: "tool_invoke",
    decision: "deny",
    correlation_id: "request-7",
  });
  expect(lines[1]).toMatchObject({ level: "error", error_type: "invalid_event" });
  const { body } = await recorder.expose();
  expect(body).toContain("sark_audit_events_written_total 1");
  expect(body).toContain('sark_audit_failed_writes_total{code="invalid_event"} 1');
  await database.drop();
});
