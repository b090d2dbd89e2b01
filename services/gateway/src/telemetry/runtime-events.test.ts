import { createLogger } from "@sark/observability/logging";
import { createRecorder } from "@sark/observability/metrics";
import { expect, it } from "vitest";
import { runtimeCatalog } from "./runtime-catalog.ts";
import { createRuntimeEvents } from "./runtime-events.ts";

it("a slow statement is counted, and said so often in a minute [LOG-4]", async () => {
  const lines: Record<string, unknown>[] = [];
  const recorder = createRecorder(runtimeCatalog);
  const logger = createLogger({
    service: "gateway",
    environment: "test",
    version: "0",
    level: "info",
    destination: { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
  });
  const events = createRuntimeEvents({ recorder, logger });
  const statement = { id: "0123456789abcdef", statement: "SELECT $1", ms: 1_200, failed: false };
  events.slowStatement(statement);
  for (let count = 0; count < 100; count += 1) {
    events.slowStatement({ ...statement, failed: true });
  }
  expect(lines.slice(0, 1)).toMatchObject([
    {
      level: "warn",
      component: "slow-statements",
      fingerprint: statement.id,
      statement: "SELECT $1",
      duration_ms: 1_200,
    },
  ]);
  expect(lines).toHaveLength(60);
  const series = await recorder.series();
  const value = (name: string, result?: string) =>
    series.find((one) => one.name === name && one.labels["result"] === result)?.value;
  expect(value("sark_gateway_slow_statements_total", "ok")).toBe(1);
  expect(value("sark_gateway_slow_statements_total", "failed")).toBe(100);
});
