import { createLogger } from "@sark/observability/logging";
import { createRecorder } from "@sark/observability/metrics";
import { expect, it } from "vitest";
import { gatewayCatalog } from "./catalog.ts";
import { createUpstreamEvents } from "./upstream-events.ts";

it.each([
  [new Error("its stderr says: no such table"), "its stderr says: no such table"],
  [
    Object.assign(new AggregateError([new Error("one"), new Error("two")]), { code: "ECONNREFUSED" }),
    "ECONNREFUSED",
  ],
  [new Error("x".repeat(10_000)), "x".repeat(500)],
  [new AggregateError([]), undefined],
  [undefined, undefined],
])("logs what lies behind a failure of a server: %#", (cause, reason) => {
  const lines: string[] = [];
  const logger = createLogger({
    service: "test",
    environment: "test",
    version: "0",
    level: "info",
    destination: { write: (line) => void lines.push(line) },
  });
  const observe = createUpstreamEvents({ recorder: createRecorder(gatewayCatalog), logger });
  const message = 'upstream "files" exited with code 1';
  observe("files", { type: "failed", code: "upstream_died", message, cause });
  const [line] = lines.map((text) => JSON.parse(text) as Record<string, unknown>);
  expect(line).toMatchObject({ message, server: "files", error_type: "upstream_died" });
  expect(line?.["reason"]).toBe(reason);
});
