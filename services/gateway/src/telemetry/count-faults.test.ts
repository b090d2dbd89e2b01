import { createLogger } from "@sark/observability/logging";
import { createRecorder } from "@sark/observability/metrics";
import { expect, it } from "vitest";
import { gatewayCatalog } from "./catalog.ts";
import { countFaults } from "./count-faults.ts";

it("counts warnings and errors by component, type and severity, and logs them as before [MET-8]", async () => {
  const lines: unknown[] = [];
  const recorder = createRecorder(gatewayCatalog);
  const logger = countFaults(
    createLogger({
      service: "sark-gateway",
      environment: "test",
      version: "0",
      level: "error",
      destination: { write: (line) => void lines.push((JSON.parse(line) as { message: string }).message) },
    }),
    recorder,
  );
  const policy = logger.child({ component: "policy" });
  policy.info({ error_type: "none" }, "information");
  policy.warn({ error_type: "policy_timeout" }, "below the level");
  policy.error({ error_type: "policy_timeout" }, "an error");
  policy.error({ error: Object.assign(new Error("x"), { code: "ECONNREFUSED" }) }, "by its code");
  policy.child({ component: "mcp" }).warn({ error_type: "-31999" }, "a code that a server made up");
  logger.fatal({ error: "no error" }, "fatal");
  const series = await recorder.series();
  expect(
    series
      .filter(({ name }) => name === "sark_gateway_errors_total")
      .map(({ labels, value }) => [...Object.values(labels), value].join(" ")),
  ).toEqual([
    "policy policy_timeout warning 1",
    "policy policy_timeout error 1",
    "policy ECONNREFUSED error 1",
    "mcp other_code warning 1",
    "sark-gateway none fatal 1",
  ]);
  expect(lines).toEqual(["an error", "by its code", "fatal"]);
});
