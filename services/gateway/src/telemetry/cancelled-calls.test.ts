import { createLogger } from "@sark/observability/logging";
import { createRecorder } from "@sark/observability/metrics";
import { describe, expect, it } from "vitest";
import type { CallResult, McpCall } from "../domain/governance.ts";
import { createCallEvents } from "./call-events.ts";
import { createGatewayMetrics } from "./metrics.ts";
import { catalog } from "./metric-catalog.ts";

const CALL: McpCall = {
  server: "s",
  method: "tools/call",
  kind: "tool",
  target: "slow",
  arguments: null,
  params: null,
  requestId: 1,
  protocolVersion: null,
  sessionId: null,
  sessionScope: "process",
  meta: null,
};

async function counted(result: CallResult): Promise<{ exposition: string; levels: unknown[] }> {
  const recorder = createRecorder(catalog);
  const levels: unknown[] = [];
  const logger = createLogger({
    service: "x",
    environment: "test",
    version: "1",
    level: "info",
    destination: { write: (line) => void levels.push((JSON.parse(line) as { level: string }).level) },
  });
  const metrics = createGatewayMetrics(recorder);
  createCallEvents({ recorder, metrics, logger }).callFinished(
    CALL,
    "tcp",
    result,
    { seconds: 0.1, executionSeconds: 0.1 },
    null,
  );
  return { exposition: String((await recorder.expose()).body), levels };
}

describe("a call that ended", () => {
  it("counts as a client error when the protocol was broken, not when the client changed its mind", async () => {
    const errors = /^sark_gateway_client_errors_total\{.*tools\/call.*\} 1$/m;
    expect((await counted({ outcome: "protocol_error", errorCode: -32_602 })).exposition).toMatch(errors);
    const cancelled = await counted({ outcome: "cancelled" });
    expect(cancelled.exposition).not.toMatch(errors);
    expect(cancelled.exposition).toMatch(/^sark_gateway_calls_total\{.*outcome="cancelled".*\} 1$/m);
    expect(cancelled.levels).toEqual(["info"]);
  });
});
