import { startCloudWatchLogs, type CloudWatchLogs, type ReceiverFault } from "@sark/testkit";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import type { z } from "zod";
import type { Sink } from "../../domain/sink.ts";
import { makeEvent, makeEvents } from "../../testing/events.ts";
import { prepareOne, sendOnce, timeLimitOf, testContext } from "../../testing/sinks.ts";
import { createCloudWatchSink } from "./cloudwatch-sink.ts";
import { cloudWatchSchema } from "./config.ts";

const SECRET = "c2VjcmV0LWFjY2Vzcy1rZXk";
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const group = "sark/security-audit";

let cloudWatch: CloudWatchLogs;
let sinks: Sink[];
beforeEach(async () => {
  sinks = [];
  const credentials = { accessKeyId: "AKIDTEST", secretAccessKey: SECRET, region: "eu-central-1" };
  cloudWatch = await startCloudWatchLogs({ credentials });
});
afterEach(async () => {
  for (const sink of sinks) {
    await sink.close();
  }
  await cloudWatch.close();
});

function connect(
  change: Partial<z.input<typeof cloudWatchSchema>> = {},
  context: Parameters<typeof testContext>[0] = {},
  secret = SECRET,
): Sink {
  const settings = cloudWatchSchema.parse({
    type: "cloudwatch",
    region: "eu-central-1",
    logGroup: group,
    endpoint: cloudWatch.url,
    credentials: { accessKeyId: "${ID}", secretAccessKey: "${KEY}" },
    ...change,
  });
  const environment = { ID: "AKIDTEST", KEY: secret };
  const sink = createCloudWatchSink(settings, testContext({ environment, host: "gw:1", ...context }));
  sinks.push(sink);
  return sink;
}

const signal = new AbortController().signal;
const at = (ms: number) => ({ timestamp: new Date(ms).toISOString() });
/** Events of the last minutes, newest first. */
const recent = (count: number) => makeEvents(count, (seq) => at(Date.now() - seq * 1_000));

describe("createCloudWatchSink", () => {
  it("makes group, retention and stream, then delivers in order of time [AUD-5]", async () => {
    const sink = connect({ retention: "30d" });
    expect(await sendOnce(sink, recent(3))).toEqual({ kind: "delivered" });
    expect(cloudWatch.retentionDays(group)).toBe(30);
    const events = cloudWatch.events(group, "gw-1");
    expect(events.map(({ message }) => (JSON.parse(message) as { seq: number }).seq)).toEqual([2, 1, 0]);
    const made = cloudWatch.requests().map(({ operation }) => operation);
    expect(made).toEqual(["events", "CreateLogGroup", "PutRetentionPolicy", "CreateLogStream", "events"]);
    expect(await sendOnce(connect({ logStream: "other" }), recent(1))).toEqual({ kind: "delivered" });
    expect(cloudWatch.events(group, "other")).toHaveLength(1);
  });

  it("delivers what is older than 14 days, marked, with its true time [SIEM-5]", async () => {
    const now = Date.now();
    const events = [
      makeEvent(0, at(now - 20 * DAY)),
      makeEvent(1, at(now - 3 * DAY)),
      makeEvent(2, at(now - HOUR)),
      makeEvent(3, at(now + 5 * HOUR)),
    ];
    const sink = connect();
    const { requests } = await sink.prepare(events, now);
    expect(requests.map((request) => request.events.map(({ seq }) => seq))).toEqual([[1], [2, 0, 3]]);
    expect(requests.map(({ late }) => late)).toEqual([0, 2]);
    for (const request of requests) {
      expect(await sink.send(request, signal)).toEqual({ kind: "delivered" });
    }
    const kept = cloudWatch.events(group).map(({ timestamp, message }) => [timestamp, JSON.parse(message)]);
    expect(kept).toMatchObject([
      [now - 3 * DAY, { seq: 1 }],
      [now - HOUR, { seq: 2 }],
      [now, { seq: 0, late: true, event_time: events[0]?.record.timestamp }],
      [now, { seq: 3, late: true }],
    ]);
  });

  it("learns a group's shorter retention from what is refused within a success", async () => {
    const sink = connect({ retention: "7d" });
    await sendOnce(sink, recent(1));
    const old = [0, 1].map((seq) => makeEvent(seq, at(Date.now() - (9 - seq) * DAY + seq * HOUR)));
    for (const event of old) {
      expect(await sendOnce(sink, [event])).toEqual({ kind: "delivered" });
    }
    const late = cloudWatch.events(group).filter(({ message }) => message.includes('"late":true'));
    expect(late).toHaveLength(2);
    expect((await prepareOne(sink, [makeEvent(5, at(Date.now() - 8.5 * DAY))])).late).toBe(1);
    expect(cloudWatch.requests().at(-1)).toMatchObject({ operation: "events", taken: true });
  });

  it("blames the clock when even the present time is refused", async () => {
    await cloudWatch.close();
    const credentials = { accessKeyId: "AKIDTEST", secretAccessKey: SECRET, region: "eu-central-1" };
    cloudWatch = await startCloudWatchLogs({ credentials, now: () => Date.now() - 3 * HOUR });
    expect(await sendOnce(connect(), recent(1))).toMatchObject({ kind: "configuration", reason: /clock/ });
  });

  it.each<[ReceiverFault, object]>([
    [
      { kind: "code", code: 400 },
      { kind: "retry", reason: /ThrottlingException/ },
    ],
    [{ kind: "code", code: 503 }, { kind: "retry" }],
    [{ kind: "code", code: 500, taken: true }, { kind: "maybe_duplicate" }],
    [
      { kind: "code", code: 403 },
      { kind: "configuration", reason: /AccessDenied/ },
    ],
    [
      { kind: "response", status: 400, body: { __type: "InvalidParameterException", message: "m" } },
      { kind: "rejected", index: null },
    ],
    [
      { kind: "response", status: 400, body: { __type: "DataAlreadyAcceptedException", message: "m" } },
      { kind: "delivered" },
    ],
    [{ kind: "garbage", taken: true }, { kind: "maybe_duplicate" }],
    [{ kind: "hang" }, { kind: "maybe_duplicate" }],
    [{ kind: "slow-drip", msPerByte: 50 }, { kind: "maybe_duplicate" }],
    [{ kind: "reset-after-body", taken: true }, { kind: "maybe_duplicate" }],
    [{ kind: "half-response", taken: true }, { kind: "maybe_duplicate" }],
  ])("reads %j", async (fault, result) => {
    await sendOnce(connect(), recent(1));
    cloudWatch.faults.add(fault);
    expect(await sendOnce(connect({}, timeLimitOf(fault)), recent(2))).toMatchObject(result);
  });

  it("takes an error that is cut off for no refusal of the events", async () => {
    cloudWatch.faults.add({ kind: "half-response" });
    // The group is missing: the response is status 400.
    expect(await sendOnce(connect(), recent(2))).toMatchObject({ kind: "maybe_duplicate" });
    expect(await sendOnce(connect(), recent(2))).toEqual({ kind: "delivered" });
  });

  it("takes refused credentials and forbidden creation for faults of configuration", async () => {
    expect(await sendOnce(connect({}, {}, "wrong"), recent(1))).toMatchObject({ kind: "configuration" });
    const missing = { __type: "ResourceNotFoundException", message: "m" };
    cloudWatch.faults.add(
      { kind: "code", code: 403, on: "CreateLogGroup" },
      { kind: "response", status: 400, body: missing, on: "CreateLogStream" },
    );
    const result = await sendOnce(connect(), recent(1));
    expect(result).toMatchObject({ kind: "configuration", reason: /AccessDenied/ });
    expect(JSON.stringify(result)).not.toContain(SECRET);
    await cloudWatch.goDown();
    expect(await sendOnce(connect(), recent(1))).toMatchObject({ kind: "retry", reason: /ECONNREFUSED/ });
  });

  it.each([
    ["OperationAbortedException", "CreateLogGroup", { kind: "retry" }],
    ["InvalidParameterException", "PutRetentionPolicy", { kind: "configuration" }],
    ["LimitExceededException", "CreateLogStream", { kind: "retry" }],
  ])("takes %s of %s for no refusal of the events [SIEM-5]", async (type, on, result) => {
    cloudWatch.faults.add({ kind: "response", status: 400, body: { __type: type, message: "m" }, on });
    const sink = connect({ retention: "30d" });
    expect(await sendOnce(sink, recent(2))).toMatchObject(result);
    expect(await sendOnce(sink, recent(2))).toEqual({ kind: "delivered" });
  });

  it("sets the retention of a group that it made before something else failed", async () => {
    cloudWatch.faults.add({ kind: "code", code: 403, on: "CreateLogStream" });
    cloudWatch.faults.add({ kind: "code", code: 403, on: "PutRetentionPolicy" });
    const sink = connect({ retention: "30d" });
    for (const result of ["configuration", "configuration", "delivered"]) {
      expect(await sendOnce(sink, recent(1))).toMatchObject({ kind: result });
    }
    const retentions = cloudWatch.requests().filter(({ operation }) => operation === "PutRetentionPolicy");
    expect(retentions).toHaveLength(2);
  });

  it("sets the retention of a group that it made without hearing so", async () => {
    cloudWatch.faults.add({ kind: "half-response", on: "CreateLogGroup", taken: true });
    const sink = connect({ retention: "30d" });
    expect(await sendOnce(sink, recent(1))).toMatchObject({ kind: "maybe_duplicate" });
    expect(await sendOnce(sink, recent(1))).toEqual({ kind: "delivered" });
    expect(cloudWatch.retentionDays(group)).toBe(30);
  });

  it("needs no permission to make a group that is there", async () => {
    expect(await sendOnce(connect(), recent(1))).toEqual({ kind: "delivered" });
    cloudWatch.faults.add({ kind: "code", code: 403, on: "CreateLogGroup" });
    expect(await sendOnce(connect({ logStream: "mine" }), recent(1))).toEqual({ kind: "delivered" });
  });

  it.each(["IncompleteSignature", "MissingAuthenticationToken", "NotAuthorized", "InvalidAction"])(
    "%s is a fault of configuration by its old name, too: no event is blamed for it [SIEM-5]",
    async (type) => {
      cloudWatch.faults.add({ kind: "response", status: 400, body: { __type: type, message: "m" } });
      expect(await sendOnce(connect(), recent(2))).toMatchObject({ kind: "configuration" });
    },
  );

  it.each([
    [503, "ServiceUnavailableException"],
    [400, "ThrottlingException"],
    [500, "InternalFailure"],
  ])("waits as long as status %i %s says [SIEM-4]", async (status, type) => {
    await sendOnce(connect(), recent(1));
    const body = { __type: type, message: "m" };
    cloudWatch.faults.add({ kind: "response", status, body, headers: { "retry-after": "7" } });
    expect(await sendOnce(connect(), recent(2))).toMatchObject({ afterMs: 7_000 });
  });

  it("repeats no credentials that AWS repeats, from settings or from its own chain, cut or not", async () => {
    const echo = `${"x".repeat(290)}${SECRET} AKIDTEST a-session-token`;
    const body = { __type: "InvalidSignatureException", message: echo };
    vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIDTEST");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", SECRET);
    vi.stubEnv("AWS_SESSION_TOKEN", "a-session-token");
    onTestFinished(() => void vi.unstubAllEnvs());
    for (const credentials of [undefined, { accessKeyId: "${ID}", secretAccessKey: "${KEY}" }]) {
      const sink = connect({ credentials });
      cloudWatch.faults.add({ kind: "response", status: 400, body });
      const said = JSON.stringify(await sendOnce(sink, recent(1)));
      expect(said).toContain("x[secret]");
      expect(said).not.toContain("AKID");
      cloudWatch.faults.add({ kind: "response", status: 400, body, on: "DescribeLogGroups" });
      await expect(sink.check(signal)).rejects.toThrow(/x\[secret\]/);
    }
  });

  it("learns nothing about the past from what is refused for being ahead", async () => {
    await cloudWatch.close();
    const credentials = { accessKeyId: "AKIDTEST", secretAccessKey: SECRET, region: "eu-central-1" };
    let behind = 3 * HOUR;
    cloudWatch = await startCloudWatchLogs({ credentials, now: () => Date.now() - behind });
    const sink = connect();
    expect(await sendOnce(sink, recent(1))).toMatchObject({ kind: "configuration", reason: /clock/ });
    behind = 0;
    expect((await prepareOne(sink, [makeEvent(0, at(Date.now() - HOUR))])).late).toBe(0);
  });

  it("keeps requests within 1 MiB with 26 bytes for each event, and cuts larger events", async () => {
    const sink = connect();
    const payload = (bytes: number) => ({ ...at(Date.now()), metadata: { text: "x".repeat(bytes) } });
    const events = [...makeEvents(4, () => payload(500_000)), makeEvent(4, payload(1_100_000))];
    const { requests } = await sink.prepare(events, Date.now());
    for (const request of requests) {
      expect(await sink.send(request, signal)).toEqual({ kind: "delivered" });
    }
    expect(requests.map((request) => request.events.length)).toEqual([2, 2, 1]);
    expect(requests.at(-1)).toMatchObject({ cut: 1 });
    expect(cloudWatch.events(group)).toHaveLength(5);
  });

  it("cuts events to 256 KiB where the service still holds that limit, to the byte", async () => {
    const sink = connect();
    const message = "Log event too large: 300000 bytes exceeds limit of 262144";
    const body = { __type: "InvalidParameterException", message };
    const sized = (bytes: number) => {
      const empty = makeEvent(0, { ...at(Date.now()), metadata: { text: "" } });
      const text = "x".repeat(bytes - Buffer.byteLength(`{"seq":0,${empty.canonical.slice(1)}`));
      return makeEvent(0, { timestamp: empty.timestamp, metadata: { text } });
    };
    expect((await prepareOne(sink, [sized(262_119)])).cut).toBe(0);
    cloudWatch.faults.add({ kind: "response", status: 400, body }, { kind: "response", status: 400, body });
    expect(await sendOnce(sink, [sized(262_118)])).toMatchObject({ kind: "rejected" });
    expect(await sendOnce(sink, [sized(262_119)])).toMatchObject({ kind: "retry", reason: /too large/ });
    expect((await prepareOne(sink, [sized(262_118)])).cut).toBe(0);
    expect((await prepareOne(sink, [sized(262_119)])).cut).toBe(1);
    expect(await sendOnce(sink, [sized(1_000_000)])).toEqual({ kind: "delivered" });
  });

  it("asks whether the service is there; a missing permission to ask is a response", async () => {
    await connect().check(signal);
    cloudWatch.faults.add({ kind: "code", code: 403, on: "DescribeLogGroups" });
    await connect().check(signal);
    cloudWatch.faults.add({ kind: "code", code: 503, on: "DescribeLogGroups" });
    await expect(connect().check(signal)).rejects.toThrow("ServiceUnavailableException");
  });

  it("refuses names that CloudWatch would refuse", () => {
    const settings = { type: "cloudwatch", region: "x", logGroup: "g" };
    expect(() => cloudWatchSchema.parse({ ...settings, logStream: "a:b" })).toThrow("without : and *");
    expect(() => cloudWatchSchema.parse({ ...settings, retention: "8d" })).toThrow();
    expect(() => cloudWatchSchema.parse({ ...settings, logGroup: "a b" })).toThrow("log group");
  });
});
