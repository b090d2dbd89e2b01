import { createLogger } from "@sark/observability/logging";
import { createRecorder } from "@sark/observability/metrics";
import { expect, it } from "vitest";
import { HttpError, type HttpErrorCode } from "../transport/errors.ts";
import { gatewayCatalog } from "./catalog.ts";
import { createHttpEvents } from "./http-events.ts";
import { createGatewayMetrics } from "./metrics.ts";

it.each<[HttpErrorCode, string]>([
  ["not_found", "warn"],
  ["forbidden", "warn"],
  // What clients alone bring about must not let them fill the log with errors.
  ["profile_busy", "warn"],
  ["policy_trial_busy", "warn"],
  ["policy_trial_timeout", "warn"],
  ["overloaded", "warn"],
  ["audit_unavailable", "error"],
  ["upstream_unavailable", "error"],
  ["internal_error", "error"],
])("logs %s as %s", (code, level) => {
  const lines: string[] = [];
  const logger = createLogger({
    service: "test",
    environment: "test",
    version: "0",
    level: "info",
    destination: { write: (line) => void lines.push(line) },
  });
  const recorder = createRecorder(gatewayCatalog);
  const events = createHttpEvents({
    recorder,
    metrics: createGatewayMetrics(recorder),
    logger,
    tracing: { end: () => null },
  });
  events.refused("an/endpoint", new HttpError(code, "what was wrong"));
  expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
    expect.objectContaining({ level, error_type: code, message: "what was wrong" }),
  ]);
});
