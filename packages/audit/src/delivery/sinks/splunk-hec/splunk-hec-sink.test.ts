import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startSplunkHec, type ReceiverFault, type SplunkHec, type SplunkHecOptions } from "@sark/testkit";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { z } from "zod";
import { toDeliverableEvent } from "../../audit-events/deliverable-event.ts";
import type { Sink } from "../../domain/sink.ts";
import { makeEvent, makeEvents } from "../../testing/events.ts";
import { prepareOne, sendOnce, settled, timeLimitOf, testContext } from "../../testing/sinks.ts";
import { splunkHecSchema } from "./config.ts";
import { createSplunkHecSink } from "./splunk-hec-sink.ts";

const TOKEN = "b5a1c1d2-0000-4000-8000-0123456789ab";

let hec: SplunkHec;
let sinks: Sink[];
beforeEach(async () => {
  sinks = [];
  hec = await startSplunkHec({ token: TOKEN });
});
afterEach(async () => {
  for (const sink of sinks) {
    await sink.close();
  }
  await hec.close();
});

async function restart(options: Partial<SplunkHecOptions>): Promise<void> {
  await hec.close();
  hec = await startSplunkHec({ token: TOKEN, ...options });
}

function connect(
  change: Partial<z.input<typeof splunkHecSchema>> = {},
  context: Parameters<typeof testContext>[0] = {},
  token = TOKEN,
): Sink {
  const settings = splunkHecSchema.parse({
    type: "splunk_hec",
    url: hec.url,
    token: "${HEC_TOKEN}",
    acknowledgementPollInterval: "5ms",
    ...change,
  });
  const sink = createSplunkHecSink(settings, testContext({ environment: { HEC_TOKEN: token }, ...context }));
  sinks.push(sink);
  return sink;
}

const seqs = () => hec.indexed().map(({ fields }) => Number(fields["seq"]));

describe("createSplunkHecSink", () => {
  it("sends events with source, host, time and audit id, compressed [SIEM-2] [SIEM-1]", async () => {
    const events = makeEvents(100);
    const request = await prepareOne(connect(), events);
    expect(request.sentBytes).toBeLessThan(request.contentBytes / 2);
    expect(await connect().send(request, new AbortController().signal)).toEqual({
      kind: "delivered",
      slowDown: false,
    });
    expect(hec.indexed()).toHaveLength(100);
    const [event] = events;
    expect(hec.indexed()[0]).toMatchObject({
      sourcetype: "sark:gateway",
      source: "sark",
      host: "gw-1",
      time: (event?.time ?? 0) / 1_000,
      event: { seq: 0, id: event?.id, event_type: "tool_invoke" },
      fields: { audit_id: event?.id, decision: "allow" },
    });
  });

  it.each([
    ["ocsf", { class_uid: 6003 }],
    ["ecs", { ecs: { version: "8.17.0" } }],
    ["cef", expect.stringMatching(/^CEF:0\|/)],
  ] as const)("carries the format %s", async (formatName, event) => {
    await sendOnce(connect({ index: "main" }, { formatName, compression: "none" }), [makeEvent(1)]);
    expect(hec.indexed()).toMatchObject([{ event, index: "main" }]);
  });

  it.each<[number, string, boolean]>([
    [24, "delivered", true],
    [25, "delivered", true],
    [9, "retry", false],
    [26, "retry", false],
    [27, "retry", false],
    [8, "maybe_duplicate", false],
    [23, "maybe_duplicate", false],
    ...[1, 2, 3, 4, 7, 10, 11, 14, 16, 28].map((code): [number, string, boolean] => [
      code,
      "configuration",
      false,
    ]),
    ...[5, 6, 12, 13, 15].map((code): [number, string, boolean] => [code, "rejected", false]),
  ])("reads code %i as %s [SIEM-5]", async (code, kind, accepted) => {
    hec.faults.add({ kind: "code", code });
    expect(await sendOnce(connect(), makeEvents(2))).toMatchObject({
      kind,
      ...(accepted && { slowDown: true }),
    });
    expect(hec.indexed()).toHaveLength(accepted ? 2 : 0);
  });

  it.each<[ReceiverFault, object]>([
    [{ kind: "reset-before-body" }, { kind: "maybe_duplicate" }],
    [{ kind: "reset-after-body", taken: true }, { kind: "maybe_duplicate" }],
    [{ kind: "half-response", taken: true }, { kind: "maybe_duplicate" }],
    [{ kind: "hang" }, { kind: "maybe_duplicate", reason: /no whole response in time/ }],
    [{ kind: "slow-drip", msPerByte: 50 }, { kind: "maybe_duplicate" }],
    [{ kind: "garbage" }, { kind: "maybe_duplicate" }],
    [
      { kind: "response", status: 503, headers: { "retry-after": "7" } },
      { kind: "retry", afterMs: 7_000 },
    ],
    [{ kind: "response", status: 502, body: "bad gateway" }, { kind: "maybe_duplicate" }],
    [{ kind: "response", status: 404 }, { kind: "configuration" }],
    [{ kind: "response", status: 302, headers: { location: "/" } }, { kind: "configuration" }],
    [{ kind: "response", status: 200, body: { text: "ok", code: 77 } }, { kind: "maybe_duplicate" }],
  ])("reads %j", async (fault, result) => {
    hec.faults.add(fault);
    expect(await sendOnce(connect({}, timeLimitOf(fault)), makeEvents(1))).toMatchObject(result);
  });

  it("tells a receiver that is not there from one that may have the events", async () => {
    const sink = connect();
    await hec.goDown();
    expect(await sendOnce(sink, makeEvents(1))).toMatchObject({
      kind: "retry",
      reason: /nothing listens .* \(ECONNREFUSED\)$/,
    });
    await expect(sink.check(new AbortController().signal)).rejects.toThrow("ECONNREFUSED");
    await hec.restore();
    expect(await sendOnce(sink, makeEvents(1))).toMatchObject({ kind: "delivered" });
    await sink.check(new AbortController().signal);
    hec.faults.add({ kind: "code", code: 18, on: "health" });
    await expect(sink.check(new AbortController().signal)).rejects.toThrow("queues are full");
  });

  it("gives a request up when its signal is aborted", async () => {
    hec.faults.add({ kind: "hang" });
    const controller = new AbortController();
    const sending = sendOnce(connect(), makeEvents(1), controller.signal);
    await vi.waitUntil(() => hec.requests().length === 1);
    controller.abort();
    expect(await sending).toMatchObject({ kind: "maybe_duplicate" });
  });

  it("names the event that Splunk names, and counts on none that is out of range", async () => {
    hec.poison("request-2");
    const sink = connect();
    expect(await sendOnce(sink, makeEvents(5))).toMatchObject({ kind: "rejected", index: 2 });
    expect(seqs()).toEqual([0, 1]);
    const body = { text: "Invalid data format", code: 6, "invalid-event-number": 5 };
    hec.faults.add({ kind: "response", status: 400, body });
    expect(await sendOnce(sink, makeEvents(5))).toMatchObject({ kind: "rejected", index: null });
  });

  it("keeps requests below 2 MiB before compression, and cuts a single event that is larger", async () => {
    const payload = (bytes: number) => ({ metadata: { text: "x".repeat(bytes) } });
    const sink = connect();
    const events = [...makeEvents(5, () => payload(700_000)), makeEvent(5, payload(3_000_000))];
    const { requests, unsendable } = await sink.prepare(events, Date.now());
    expect(unsendable).toEqual([]);
    expect(requests.map((request) => request.events.length)).toEqual([2, 2, 2]);
    expect(requests.map(({ cut }) => cut)).toEqual([0, 0, 1]);
    for (const request of requests) {
      expect(request.contentBytes).toBeLessThanOrEqual(2 * 1024 * 1024);
      expect(await sink.send(request, new AbortController().signal)).toMatchObject({ kind: "delivered" });
    }
    expect(seqs()).toEqual([0, 1, 2, 3, 4, 5]);
    expect(hec.indexed()[5]?.event).toMatchObject({ metadata: { sark_cut: 3_000_011 } });
  });

  it("cuts a long reason, too, and no character in the middle", async () => {
    const reason = `a${"\u{1F600}".repeat(1_000)}`;
    const { requests } = await connect().prepare(
      [makeEvent(0, { reason, metadata: { text: "x".repeat(3_000_000) } })],
      Date.now(),
    );
    for (const request of requests) {
      await connect().send(request, new AbortController().signal);
    }
    expect(hec.indexed()).toMatchObject([{ event: { reason: reason.slice(0, 999) } }]);
  });

  it("sets apart what cannot be encoded", async () => {
    const torn = toDeliverableEvent(1, makeEvent(1).id, "not JSON");
    const { requests, unsendable } = await connect().prepare([makeEvent(0), torn, makeEvent(2)], Date.now());
    expect(requests.map(({ events }) => events.map(({ seq }) => seq))).toEqual([[0, 2]]);
    expect(unsendable).toMatchObject([{ event: { seq: 1 }, reason: /cannot be encoded/ }]);
  });

  it("never lets the token into what it says", async () => {
    hec.faults.add({ kind: "response", status: 403, body: { text: `token ${TOKEN} is wrong`, code: 4 } });
    const result = await sendOnce(connect(), makeEvents(1));
    expect(JSON.stringify(result)).not.toContain(TOKEN);
    expect(result).toMatchObject({ kind: "configuration", reason: /token \[secret\] is wrong/ });
    expect(() =>
      createSplunkHecSink(
        splunkHecSchema.parse({ type: "splunk_hec", url: hec.url, token: "${NOPE}" }),
        testContext(),
      ),
    ).toThrow("The environment variable NOPE is not set.");
  });
});

describe("TLS toward the collector", () => {
  const folder = mkdtempSync(join(tmpdir(), "sark-hec-"));
  const caFile = join(folder, "ca.pem");
  afterEach(() => rmSync(caFile, { force: true }));

  async function secure(tls: "valid" | "expired" | "wrong-host" | "untrusted"): Promise<void> {
    await restart({ tls });
    writeFileSync(caFile, hec.authority ?? "");
  }

  it("trusts its own authority, and no other by default", async () => {
    await secure("valid");
    expect(await sendOnce(connect({ tls: { caFile, verify: true } }), makeEvents(1))).toMatchObject({
      kind: "delivered",
    });
    expect(await sendOnce(connect(), makeEvents(1))).toMatchObject({
      kind: "configuration",
      reason: /certificate/,
    });
  });

  it.each(["expired", "wrong-host", "untrusted"] as const)(
    "takes a certificate that is %s for a fault of configuration",
    async (kind) => {
      await secure(kind);
      expect(await sendOnce(connect({ tls: { caFile, verify: true } }), makeEvents(1))).toMatchObject({
        kind: "configuration",
        reason: /certificate is not accepted/,
      });
      expect(hec.requests()).toEqual([]);
    },
  );
});

describe("indexer acknowledgement", () => {
  it("is detected: delivered only once the indexer has it [SIEM-5]", async () => {
    await restart({ acknowledgement: true, indexing: "when-told" });
    const result = await sendOnce(connect(), makeEvents(3));
    expect(result.kind).toBe("awaiting");
    await vi.waitUntil(() => hec.requests().filter(({ operation }) => operation === "ack").length > 2);
    hec.indexPending();
    expect(await settled(result)).toEqual({ kind: "delivered" });
    expect(seqs()).toEqual([0, 1, 2]);
  });

  it("takes what is not acknowledged in time for lost, and goes on over a new channel", async () => {
    await restart({ acknowledgement: true });
    const sink = connect({ acknowledgementTimeout: "30ms" });
    hec.faults.add({ kind: "special", name: "never-acknowledged" });
    expect(await settled(await sendOnce(sink, makeEvents(1)))).toMatchObject({ kind: "maybe_duplicate" });
    expect(hec.indexed()).toEqual([]);
    // On a busy machine an acknowledgement may take longer than that.
    await vi.waitFor(async () => {
      expect(await settled(await sendOnce(sink, makeEvents(1)))).toEqual({ kind: "delivered" });
    });
    const channels = hec
      .requests()
      .filter(({ operation }) => operation === "events")
      .map(({ headers }) => headers["x-splunk-request-channel"]);
    expect(new Set(channels).size).toBeGreaterThanOrEqual(2);
  });

  it("survives questions that fail, and resends where the one true was lost with a response", async () => {
    await restart({ acknowledgement: true, indexing: "when-told" });
    const sink = connect();
    hec.faults.add({ kind: "code", code: 9, on: "ack" }, { kind: "garbage", on: "ack" });
    const result = await sendOnce(sink, makeEvents(1));
    await vi.waitUntil(() => hec.requests().filter(({ operation }) => operation === "ack").length > 3);
    hec.indexPending();
    expect(await settled(result)).toEqual({ kind: "delivered" });
    hec.faults.add({ kind: "reset-after-body", on: "ack" });
    const lost = await sendOnce(connect({ acknowledgementTimeout: "100ms" }), makeEvents(1));
    hec.indexPending();
    expect(await settled(lost)).toMatchObject({ kind: "maybe_duplicate", reason: /not acknowledged within/ });
  });

  it("can be required, or left alone", async () => {
    expect(await sendOnce(connect({ acknowledgement: "required" }), makeEvents(1))).toMatchObject({
      kind: "configuration",
      reason: /acknowledgement is required/,
    });
    await restart({ acknowledgement: true, indexing: "when-told" });
    expect(await sendOnce(connect({ acknowledgement: "off" }), makeEvents(1))).toMatchObject({
      kind: "delivered",
    });
  });

  it("ends with its faults of configuration, and when it is closed", async () => {
    await restart({ acknowledgement: true, indexing: "when-told" });
    const sink = connect();
    hec.faults.add({ kind: "code", code: 1, on: "ack" });
    expect(await settled(await sendOnce(sink, makeEvents(1)))).toMatchObject({ kind: "configuration" });
    const result = await sendOnce(sink, makeEvents(1));
    await sink.close();
    expect(await settled(result)).toMatchObject({ kind: "maybe_duplicate", reason: /closed/ });
  });
});
