import { expect, it } from "vitest";
import { telemetryCalls } from "./telemetry-calls.ts";

const METRICS = new Set(["test_calls_total"]);
const FEATURE = "services/gateway/src/mcp/endpoint.ts";

function found(text: string, file = FEATURE): string[] {
  return telemetryCalls(file, text, METRICS).map((line) => line.replace(/; emit a domain event.*/, ""));
}

it("finds code outside of telemetry/ that counts, whatever it calls the recorder [MET-12]", () => {
  expect(
    found(`
      recorder.increment("some_total", {});
      deps.telemetry.recorder.onCollect("some_bytes", () => 1);
      const r = recorder; r.introduce("servers", "a");
      r["increment"]("some_total", {});
    `),
  ).toEqual([
    `${FEATURE}:2: records by increment()`,
    `${FEATURE}:3: records by onCollect()`,
    `${FEATURE}:4: records by introduce()`,
    `${FEATURE}:5: records by increment()`,
  ]);
});

it("finds code outside of telemetry/ that logs, also where a logger's method is handed on [MET-12]", () => {
  expect(
    found(`
      telemetry.logger.warn({}, "careful");
      log?.error({ error }, "broken");
      promise.catch(logger.error);
    `),
  ).toEqual([
    `${FEATURE}:2: logs by warn()`,
    `${FEATURE}:3: logs by error()`,
    `${FEATURE}:4: logs by error()`,
  ]);
});

it("finds what makes a logger or a recorder, and what names a metric [MET-12]", () => {
  expect(
    found(`
      const logger = createLogger({});
      expose.set("test_calls_total", {}, 1);
    `),
  ).toEqual([`${FEATURE}:2: calls createLogger`, `${FEATURE}:3: names the metric test_calls_total`]);
});

it("lets feature code tell what happened, read members of such names, and hand a logger on [MET-12]", () => {
  expect(
    found(`
      observer.sessionOver({ error: result.error, info: server.info });
      startGateway(config, { onLogger: installCrashHandlers, logger: telemetry.logger });
      const { level } = issue; quotas.adjust(subject, amount);
    `),
  ).toEqual([]);
});

it("lets telemetry/, the library and tests do it", () => {
  const text = `logger.info({}, "x"); recorder.increment("test_calls_total", {});`;
  for (const file of [
    "services/gateway/src/telemetry/call-events.ts",
    "packages/audit/src/delivery/telemetry/observer.ts",
    "packages/observability/src/service/span-events.ts",
    "services/gateway/src/mcp/endpoint.test.ts",
  ]) {
    expect(found(text, file)).toEqual([]);
  }
});
