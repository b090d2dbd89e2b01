import { expect, it } from "vitest";
import { completeProducer, type ProducerInput } from "../audit-events/producer.ts";
import { FORMAT_NAMES } from "../audit-events/format.ts";
import { destinationSchema, type DestinationInput } from "../config.ts";
import { createDestination } from "../create-destination.ts";
import { makeEvent } from "../testing/events.ts";
import { TEST_PRODUCER } from "../testing/producer.ts";
import { createFormat } from "./create-format.ts";

const OTHER: ProducerInput = { service: "billing", version: "4.5.6", host: "host-1" };
const environment = { SECRET: "a-secret-value" };

const parse = (text: string) => JSON.parse(text) as Record<string, Record<string, unknown>>;

it("names the gateway as it always did", () => {
  const encode = (name: "ecs" | "ocsf" | "cef") => createFormat(name, TEST_PRODUCER).encode(makeEvent(0));
  expect(encode("cef")).toMatch(/^CEF:0\|SARK\|SARK Gateway\|1\.2\.3\|tool_invoke\|/);
  expect(parse(encode("ocsf"))["metadata"]?.["product"]).toEqual({
    name: "SARK Gateway",
    vendor_name: "SARK",
    version: "1.2.3",
  });
  const ecs = parse(encode("ecs"));
  expect(ecs["service"]).toEqual({ name: "sark-gateway", version: "1.2.3", node: { name: "gw-1" } });
  expect(ecs["observer"]).toEqual({ vendor: "SARK", product: "SARK", type: "gateway", version: "1.2.3" });
});

it.each(FORMAT_NAMES)("names no gateway in format %s where another service records", (name) => {
  const text = createFormat(name, completeProducer(OTHER)).encode(
    makeEvent(0, { event_type: "tool_invoke" }),
  );
  // The table's name is the library's own.
  expect(text.replace("gateway_audit_events", "").replace("gateway_request_id", "")).not.toMatch(/gateway/i);
  if (name !== "json") {
    expect(text).toMatch(/billing.*4\.5\.6|4\.5\.6.*billing/);
  }
});

it.each<[DestinationInput["sink"], string, string]>([
  [
    { type: "splunk_hec", url: "http://127.0.0.1:1", token: "${SECRET}" },
    '"sourcetype":"sark:gateway"',
    '"sourcetype":"sark:service"',
  ],
  [{ type: "datadog", apiKey: "${SECRET}" }, '"service":"sark-gateway"', '"service":"billing"'],
  [{ type: "otlp", url: "http://127.0.0.1:1" }, '"stringValue":"sark-gateway"', '"stringValue":"billing"'],
])(
  "sends with $0.type the gateway's names as before, and another service's own",
  async (sink, gateway, other) => {
    const bodies = await Promise.all(
      [TEST_PRODUCER, OTHER].map(async (product) => {
        const config = destinationSchema.parse({ name: "a", compression: "none", sink });
        const { sink: made } = createDestination(config, product, environment);
        const { requests } = await made.prepare([makeEvent(0)], Date.now());
        await made.close();
        return (requests[0] as unknown as { body: Buffer }).body.toString();
      }),
    );
    expect(bodies[0]).toContain(gateway);
    expect(bodies[1]).toContain(other);
    expect(bodies[1]?.replaceAll("gateway_request_id", "")).not.toMatch(/gateway/i);
  },
);
