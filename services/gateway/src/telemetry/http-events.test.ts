import { createLogger } from "@sark/observability/logging";
import { createRecorder } from "@sark/observability/metrics";
import { PassThrough } from "node:stream";
import { expect, it, vi } from "vitest";
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
  const { events, lines } = create();
  events.refused("an/endpoint", new HttpError(code, "what was wrong"), "192.0.2.1");
  expect(lines()).toEqual([expect.objectContaining({ level, error_type: code, message: "what was wrong" })]);
});

it("has no unknown caller fill the log, and says how much each was refused [GTW-12] [LOG-2]", () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  try {
    const { events, lines } = create();
    const refuse = (code: HttpErrorCode, address: string | null) => {
      for (let time = 0; time < 50; time += 1) {
        events.refused("an/endpoint", new HttpError(code, "what was wrong"), address);
      }
    };
    refuse("forbidden", "192.0.2.1");
    expect(lines()).toHaveLength(20);
    refuse("not_found", "192.0.2.1");
    refuse("forbidden", "192.0.2.2");
    expect(lines()).toHaveLength(60);
    // Those who are known are counted elsewhere, by name.
    refuse("forbidden", null);
    // What is the gateway's own fault is never too much.
    refuse("internal_error", "192.0.2.1");
    expect(lines()).toHaveLength(160);
    for (let time = 0; time < 50; time += 1) {
      events.unreadable(new HttpError("malformed_request", "no HTTP"), new PassThrough(), false);
      events.abandoned("mcp", new PassThrough());
      events.stalled(new PassThrough());
    }
    expect(lines()).toHaveLength(220);
    vi.advanceTimersByTime(10_000);
    const summed = lines().slice(220);
    expect(summed).toHaveLength(6);
    expect(summed).toContainEqual(
      expect.objectContaining({ error_type: "forbidden", client_address: "192.0.2.2", suppressed: 30 }),
    );
  } finally {
    vi.useRealTimers();
  }
});

function create() {
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
  return { events, lines: () => lines.map((line) => JSON.parse(line) as object) };
}
