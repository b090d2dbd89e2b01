import { TEST_PRODUCER } from "./testing/producer.ts";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createDestination } from "./create-destination.ts";
import { destinationSchema, type DestinationInput } from "./config.ts";
import { SINKS } from "./sinks/registry.ts";
import { DELIVERY_ERROR_CODES } from "./domain/errors.ts";

const environment = { SECRET: "a-secret-value" };
const sinks: readonly DestinationInput["sink"][] = SINKS.map(({ example }) => example);

describe("createDestination", () => {
  it("has batches and a breaker as configured [SIEM-1] [SIEM-4]", async () => {
    const changed = {
      maxBatchEvents: 7,
      maxBatchWait: "80ms",
      breakerFailures: 2,
      breakerOpenDuration: "900ms",
    };
    const config = destinationSchema.parse({ name: "a", sink: sinks[0], ...changed });
    const { settings, sink } = createDestination(config, TEST_PRODUCER, environment);
    expect(settings).toMatchObject({
      maxEvents: 7,
      maxWaitMs: 80,
      breaker: { failures: 2, openMs: 900 },
    });
    await sink.close();
  });

  it.each<[DestinationInput["start"], object]>([
    ["beginning", { from: "seq", seq: 0 }],
    [{ seq: 7 }, { from: "seq", seq: 7 }],
    [{ time: "2026-01-01T00:00:00Z" }, { from: "time", time: "2026-01-01T00:00:00Z" }],
  ])("starts at %j", async (start, expected) => {
    const [sink] = sinks;
    if (sink === undefined) {
      throw new Error("no sink");
    }
    const { start: made, sink: toClose } = createDestination(
      destinationSchema.parse({ name: "a", start, sink }),
      TEST_PRODUCER,
      environment,
    );
    expect(made).toEqual(expected);
    await toClose.close();
  });

  it.each<[object, RegExp]>([
    [{ name: "A b" }, /starting with a letter/],
    [{ sink: { ...sinks[0], token: "inline-secret" } }, /./],
    [{ sink: { ...sinks[0], unknown: 1 } }, /unknown/],
    [{ start: { time: "yesterday" } }, /./],
    [{ maxBatchEvents: 0 }, /./],
  ])("refuses %j", (change, message) => {
    expect(() => destinationSchema.parse({ name: "a", sink: sinks[0], ...change })).toThrow(message);
  });

  it("names the missing secret or file, not its value", () => {
    const make = (sink: unknown) =>
      createDestination(destinationSchema.parse({ name: "a", sink }), TEST_PRODUCER, environment);
    expect(() => make({ ...sinks[0], token: "${ABSENT}" })).toThrow("ABSENT is not set");
    expect(() => make({ ...sinks[0], token: "${file:/nowhere/token}" })).toThrow(
      "/nowhere/token cannot be read",
    );
    expect(() => make({ ...sinks[0], tls: { caFile: "/nowhere/ca" } })).toThrow("/nowhere/ca cannot be read");
    expect(() => make({ ...sinks[0], tls: { certFile: "/a" } })).toThrow("certFile and keyFile together");
  });

  it("knows the same error codes as the documentation", () => {
    const page = readFileSync(new URL("../../../../docs/audit/delivery.md", import.meta.url), "utf8");
    const documented = [...page.matchAll(/^\| `([a-z_]+)` \| \*error\*/gm)].map(([, code]) => code);
    expect(new Set(documented)).toEqual(new Set(DELIVERY_ERROR_CODES));
  });
});
