import { createRecorder } from "@sark/observability/metrics";
import { expect, it } from "vitest";
import { callerOf } from "../upstreams/testing/requests.ts";
import { sessionCatalog } from "./session-catalog.ts";
import { createSessionEvents } from "./session-events.ts";
import { silentLogger } from "./testing/silent-logger.ts";

it("tells the duration of a session at the gateway, which is reached over HTTP, whatever its server speaks [MET-8]", async () => {
  const recorder = createRecorder(sessionCatalog);
  createSessionEvents({ recorder, logger: silentLogger() }).sessionOver({
    fingerprint: "f",
    kind: "session",
    server: "files",
    protocolVersion: "2025-11-25",
    caller: callerOf("alice"),
    reason: "ended",
    durationMs: 2_500,
    cut: 0,
  });
  const series = await recorder.series();
  expect(
    series
      .filter(({ name }) => name === "mcp_server_session_duration_seconds_sum")
      .map(({ labels, value }) => [labels["network_transport"], value]),
  ).toEqual([["tcp", 2.5]]);
});
