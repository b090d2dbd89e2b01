import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createDestination } from "./create-destination.ts";
import { destinationSchema, type DestinationInput } from "./config.ts";
import { DELIVERY_ERROR_CODES } from "./domain/errors.ts";

const producer = { version: "1", host: "gw-1" };
const environment = { S: "a-secret-value", ID: "AKID" };
const secret = "${S}";
const sinks: DestinationInput["sink"][] = [
  { type: "splunk_hec", url: "https://splunk.example.com:8088", token: secret },
  { type: "datadog", site: "datadoghq.eu", apiKey: secret },
  {
    type: "cloudwatch",
    region: "eu-central-1",
    logGroup: "sark",
    credentials: { accessKeyId: "${ID}", secretAccessKey: secret },
  },
  { type: "syslog", host: "syslog.example.com", port: 6514 },
  { type: "otlp", url: "http://collector:4318" },
  { type: "webhook", url: "https://hooks.example.com/", secret },
];

describe("createDestination", () => {
  it.each(sinks)(
    "makes a destination of type $type from its configuration, with the defaults of the contract [AUD-5] [SIEM-1] [SIEM-4]",
    async (sink) => {
      const config = destinationSchema.parse({ name: "a", sink });
      const destination = createDestination(config, producer, environment);
      expect(destination).toMatchObject({
        name: "a",
        enabled: true,
        start: { from: "now" },
        sink: { platform: sink.type },
        settings: { maxEvents: 100, maxWaitMs: 5_000, breaker: { failures: 5, openMs: 60_000 } },
      });
      expect(destination.settings.compression).toBe(
        ["syslog", "cloudwatch", "webhook"].includes(sink.type) ? "none" : "gzip",
      );
      expect(destination.settings.maxConcurrency).toBe(1);
      await destination.sink.close();
    },
  );

  it("has batches and a breaker as configured [SIEM-1] [SIEM-4]", async () => {
    const changed = {
      maxBatchEvents: 7,
      maxBatchWait: "80ms",
      breakerFailures: 2,
      breakerOpenDuration: "900ms",
    };
    const config = destinationSchema.parse({ name: "a", sink: sinks[0], ...changed });
    const { settings, sink } = createDestination(config, producer, environment);
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
      producer,
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
      createDestination(destinationSchema.parse({ name: "a", sink }), producer, environment);
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
