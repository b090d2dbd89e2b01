import { TEST_PRODUCER } from "../testing/producer.ts";
import { startHttpCollector, type HttpCollector } from "@sark/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { destinationSchema, type DestinationInput } from "../config.ts";
import { createDestination } from "../create-destination.ts";
import type { DeliveryResult, PreparedRequest, Sink } from "../domain/sink.ts";
import { makeEvent, makeEvents } from "../testing/events.ts";

let receiver: HttpCollector;
let opened: Sink[];
beforeEach(async () => {
  opened = [];
  receiver = await startHttpCollector();
});
afterEach(async () => {
  for (const sink of opened) {
    await sink.close();
  }
  await receiver.close();
});

const secret = "${S}";
const SINKS: Record<string, (url: string) => DestinationInput["sink"]> = {
  splunk_hec: (url) => ({ type: "splunk_hec", url, token: secret }),
  datadog: (url) => ({ type: "datadog", url, apiKey: secret }),
  otlp: (url) => ({ type: "otlp", url }),
  webhook: (url) => ({ type: "webhook", url, secret }),
  cloudwatch: (url) => ({
    type: "cloudwatch",
    region: "eu-central-1",
    endpoint: url,
    logGroup: "sark",
    credentials: { accessKeyId: secret, secretAccessKey: secret },
  }),
};

function connect(name: string): Sink {
  const config = destinationSchema.parse({
    name: "a",
    compression: "none",
    sink: SINKS[name]?.(receiver.url),
  });
  const { sink } = createDestination(config, TEST_PRODUCER, { S: "a-secret-value" });
  opened.push(sink);
  return sink;
}

async function prepare(sink: Sink, count = 1, metadata = {}): Promise<readonly PreparedRequest[]> {
  const events = count === 1 ? [makeEvent(0, { metadata })] : makeEvents(count, () => ({ metadata }));
  const { requests, unsendable } = await sink.prepare(events, events[0]?.time ?? 0);
  expect(unsendable).toEqual([]);
  return requests;
}

const send = (sink: Sink, request: PreparedRequest | undefined): Promise<DeliveryResult> => {
  if (request === undefined) {
    throw new Error("nothing to send");
  }
  return sink.send(request, new AbortController().signal);
};

/** What proxies, logins and other servers say, and what looks like a receiver's word and is none. */
const FOREIGN = [
  "<html><head><title>400 Bad Request</title></head></html>",
  "",
  "invalid request\n",
  { error: "invalid_request" },
  { errors: ["no"] },
  { errors: [] },
  { code: 5, message: { text: "Not Found" } },
  { code: "6", text: "Invalid data format" },
  { message: "Bad Request" },
  { statusCode: 400, message: "no route", text: "no" },
  [{ code: 6, text: "x" }],
];
const STATUSES = [301, 302, 307, 400, 404, 405, 406, 409, 411, 414, 415, 417, 418, 421, 423, 431, 451, 499];

describe.each(Object.keys(SINKS))(
  "a response that is not %s's own never condemns an event [SIEM-5]",
  (name) => {
    it.each(STATUSES)("with status %i", async (status) => {
      const sink = connect(name);
      const [request] = await prepare(sink);
      for (const body of FOREIGN) {
        receiver.faults.add({ kind: "response", status, body, headers: { location: "/elsewhere" } });
        const result = await send(sink, request);
        // AWS's client cannot read a 400 without a name: what it means is not known, and it is tried again.
        const kinds = name === "cloudwatch" ? ["configuration", "maybe_duplicate"] : ["configuration"];
        expect({ body, result, isKept: kinds.includes(result.kind) }).toMatchObject({ isKept: true });
      }
    });

    it("with a page for 422", async () => {
      const sink = connect(name);
      const [request] = await prepare(sink);
      receiver.faults.add({ kind: "response", status: 422, body: "\n<!doctype html>The page expired" });
      expect((await send(sink, request)).kind).toBe("configuration");
    });
  },
);

describe.each(["splunk_hec", "datadog", "otlp", "webhook"])(
  "%s, behind a proxy that takes little",
  (name) => {
    it("sends halves, then cuts a large event, and gives up none [SIEM-5]", async () => {
      const sink = connect(name);
      const full = (status: number) =>
        receiver.faults.add({ kind: "response", status, body: "<h1>Too Large</h1>" });
      const [several] = await prepare(sink, 4);
      full(413);
      expect(await send(sink, several)).toMatchObject({ kind: "rejected", index: null });

      const metadata = { text: "x".repeat(300_000) };
      // Fewer than the failures that open a circuit breaker.
      for (let attempt = 1, before = Infinity; attempt <= 2; attempt += 1) {
        const [large] = await prepare(sink, 1, metadata);
        expect(large?.contentBytes).toBeLessThan(before);
        before = (large?.contentBytes ?? 0) / 4;
        full(413);
        expect(await send(sink, large)).toMatchObject({
          kind: "retry",
          reason: /status 413: .*; events are cut to /,
        });
      }
      const [small] = await prepare(sink, 1, metadata);
      expect(small).toMatchObject({ cut: 1 });
      expect(small?.contentBytes).toBeLessThan(20_000);
      full(413);
      expect(await send(sink, small)).toMatchObject({ kind: "configuration" });
    });
  },
);
