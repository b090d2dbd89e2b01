import { createRecorder } from "@sark/observability/metrics";
import { expect, it } from "vitest";
import { gatewayCatalog } from "./catalog.ts";
import { FAULT_OPERATIONS } from "./known-values.ts";
import { createGatewayMetrics } from "./metrics.ts";
import { createRateLimitEvents } from "./rate-limit-events.ts";
import { silentLogger } from "./testing/silent-logger.ts";

it("a refusal whose record could not be kept is a fault beside the call, which is counted already [MET-4]", async () => {
  const recorder = createRecorder(gatewayCatalog);
  const metrics = createGatewayMetrics(recorder);
  createRateLimitEvents({ recorder, metrics, logger: silentLogger() }).refusalNotRecorded(
    new Error("the store is down"),
  );
  const errors = (await recorder.series()).filter(
    ({ name, value }) => name === "sark_gateway_client_errors_total" && value > 0,
  );
  expect(errors.map(({ labels }) => labels["error_type"])).toEqual(["audit_unavailable"]);
  expect(FAULT_OPERATIONS).toContain(errors[0]?.labels["operation"]);
});
