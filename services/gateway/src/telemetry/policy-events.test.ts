import { createLogger } from "@sark/observability/logging";
import { createRecorder } from "@sark/observability/metrics";
import { describe, expect, it } from "vitest";
import type { DecisionCode } from "../domain/authorization.ts";
import { gatewayCatalog } from "./catalog.ts";
import { createGatewayMetrics } from "./metrics.ts";
import { createPolicyEvents } from "./policy-events.ts";

function levelOf(code: DecisionCode): unknown {
  const lines: { level: string; error_type?: string }[] = [];
  const logger = createLogger({
    service: "test",
    environment: "test",
    version: "0",
    level: "info",
    destination: [{ write: (line: string) => void lines.push(JSON.parse(line) as (typeof lines)[number]) }],
  });
  const recorder = createRecorder(gatewayCatalog);
  const events = createPolicyEvents({ recorder, metrics: createGatewayMetrics(recorder), logger });
  events.decided({ engine: "cedar", code, seconds: 0, fault: "why" });
  return lines.map(({ level, error_type: type }) => [level, type])[0];
}

describe("a request without a decision", () => {
  it("is an error of the engine's, and a warning where it is the caller's to change [GTW-12]", () => {
    expect(levelOf("undecidable_request")).toEqual(["warn", "undecidable_request"]);
    for (const code of ["policy_error", "policy_timeout", "policy_unavailable"] as const) {
      expect(levelOf(code)).toEqual(["error", code]);
    }
  });
});
