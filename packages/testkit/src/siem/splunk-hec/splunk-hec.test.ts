import { randomUUID } from "node:crypto";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { requireServer } from "../../required-server.ts";
import { curl, type CurlOptions } from "../testing/curl.ts";
import { startSplunkHec, type SplunkHec, type SplunkHecOptions } from "./start-splunk-hec.ts";

const TOKEN = "00000000-0000-4000-8000-000000000001";
const channel = randomUUID();

let hec: SplunkHec;
async function start(options: Partial<SplunkHecOptions> = {}): Promise<void> {
  await hec?.close();
  hec = await startSplunkHec({ token: TOKEN, ...options });
}
beforeEach(() => start());
afterEach(() => hec.close());

const authorized = { authorization: `Splunk ${TOKEN}` };

function post(body: string | Buffer, options: CurlOptions = {}, path = "/event") {
  const headers = { ...authorized, ...options.headers };
  return curl(`${hec.url}/services/collector${path}`, { ...options, body, headers });
}

const acked = (ackIds: number[], on = channel) =>
  post(JSON.stringify({ acks: ackIds }), { headers: { "x-splunk-request-channel": on } }, "/ack");

describe.skipIf(requireServer("curl") === null)("startSplunkHec, seen by curl", () => {
  it("indexes objects that stand one after another, gzip too, and responds by the table [SIEM-2]", async () => {
    const two = `{"time":1700000000.5,"host":"h","source":"s","sourcetype":"t","event":{"a":"}{\\""},"fields":{"id":"1","l":["x"]}}{"event":"second"}`;
    expect(await post(two)).toMatchObject({ status: 200, json: { text: "Success", code: 0 } });
    expect(
      await post(gzipSync('{"event":1}\n'), { headers: { "content-encoding": "gzip" } }, "/event/1.0"),
    ).toMatchObject({ status: 200, json: { code: 0 } });
    expect(hec.indexed()).toMatchObject([
      { time: 1_700_000_000.5, host: "h", source: "s", sourcetype: "t", index: "main", fields: { id: "1" } },
      { time: null, event: "second" },
      { event: 1 },
    ]);
    expect(await curl(`${hec.url}/services/collector/health`)).toMatchObject({
      status: 200,
      json: { code: 17 },
    });
  });

  it.each<[string, string | Buffer, CurlOptions["headers"], number, number]>([
    ["no data", "", {}, 400, 5],
    ["no JSON", "what", {}, 400, 6],
    ["an array", '[{"event":1}]', {}, 400, 6],
    ["deflate", gzipSync("x"), { "content-encoding": "deflate" }, 400, 6],
    ["broken gzip", "x", { "content-encoding": "gzip" }, 400, 6],
    ["a foreign index", '{"event":1,"index":"other"}', {}, 400, 7],
    ["no event", '{"time":1}', {}, 400, 12],
    ["a blank event", '{"event":""}', {}, 400, 13],
    ["nested fields", '{"event":1,"fields":{"a":{"b":"c"}}}', {}, 400, 15],
    ["a number in fields", '{"event":1,"fields":{"a":1}}', {}, 400, 15],
    ["scientific time", '{"event":1,"time":1.7e9}', {}, 400, 6],
    ["other authorization", '{"event":1}', { authorization: "Bearer x" }, 401, 3],
    ["an unknown token", '{"event":1}', { authorization: "Splunk x" }, 403, 4],
    ["a channel that is no GUID", '{"event":1}', { "x-splunk-request-channel": "x" }, 400, 11],
  ])("refuses %s", async (_what, body, headers, status, code) => {
    expect(await post(body, { headers: headers ?? {} })).toMatchObject({ status, json: { code } });
    expect(hec.indexed()).toEqual([]);
  });

  it("wants credentials in the header", async () => {
    const url = `${hec.url}/services/collector/event`;
    expect(await curl(url, { body: "{}" })).toMatchObject({ status: 401, json: { code: 2 } });
    expect(await curl(`${url}?token=${TOKEN}`, { body: "{}" })).toMatchObject({
      status: 400,
      json: { code: 16 },
    });
    expect(await curl(`${hec.url}/services/elsewhere`)).toMatchObject({ status: 404 });
  });

  it("indexes what stands before a bad event, names it, and reads nothing after it", async () => {
    const response = await post('{"event":"a"}{"event":"b"}{"event":""}{"event":"d"}');
    expect(response).toMatchObject({ status: 400, json: { code: 13, "invalid-event-number": 2 } });
    hec.poison("bad");
    expect(await post('{"event":"c"}{"event":"bad"}')).toMatchObject({
      json: { code: 6, "invalid-event-number": 1 },
    });
    expect(hec.indexed().map(({ event }) => event)).toEqual(["a", "b", "c"]);
  });

  it("ends indexing without a word at a key that it does not know", async () => {
    expect(await post('{"event":"a"}{"event":"b","extra":1}{"event":"c"}')).toMatchObject({ status: 200 });
    expect(hec.indexed()).toHaveLength(1);
  });

  it("refuses what is too large after decompression", async () => {
    await start({ maxBytes: 1_000 });
    const body = gzipSync(JSON.stringify({ event: "x".repeat(1_000) }));
    expect(await post(body, { headers: { "content-encoding": "gzip" } })).toMatchObject({
      json: { code: 6 },
    });
  });

  it("takes raw lines on a channel", async () => {
    expect(await post("one\ntwo\n", {}, "/raw")).toMatchObject({ json: { code: 10 } });
    await post("one\ntwo\n", { headers: { "x-splunk-request-channel": channel } }, "/raw");
    expect(hec.indexed().map(({ event }) => event)).toEqual(["one", "two"]);
  });
});

describe.skipIf(requireServer("curl") === null)("indexer acknowledgement, seen by curl", () => {
  const headers = { "x-splunk-request-channel": channel };

  it("numbers requests per channel from 0 and says true once, on that channel only", async () => {
    await start({ acknowledgement: true, indexing: "when-told" });
    expect(await post('{"event":1}')).toMatchObject({ status: 400, json: { code: 10 } });
    expect(await post('{"event":1}', { headers })).toMatchObject({
      status: 200,
      json: { code: 0, ackId: 0 },
    });
    expect(await post('{"event":2}', { headers })).toMatchObject({ json: { ackId: 1 } });
    expect(hec.indexed()).toEqual([]);
    expect((await acked([0, 1])).json).toEqual({ acks: { 0: false, 1: false } });
    hec.indexPending();
    expect((await acked([0, 1], randomUUID())).json).toEqual({ acks: { 0: false, 1: false } });
    expect((await acked([0, 7])).json).toEqual({ acks: { 0: true, 7: false } });
    expect((await acked([0, 1])).json).toEqual({ acks: { 0: false, 1: true } });
    expect(hec.indexed()).toHaveLength(2);
  });

  it("loses what it accepted when told to, and never says true", async () => {
    await start({ acknowledgement: true });
    hec.faults.add({ kind: "special", name: "never-acknowledged" });
    expect((await post('{"event":1}', { headers })).json).toMatchObject({ code: 0, ackId: 0 });
    expect((await acked([0])).json).toEqual({ acks: { 0: false } });
    expect(hec.indexed()).toEqual([]);
  });

  it("loses the one true when the response to a poll is lost", async () => {
    await start({ acknowledgement: true });
    await post('{"event":1}', { headers });
    hec.faults.add({ kind: "reset-after-body", on: "ack" });
    expect((await acked([0])).failure).not.toBeNull();
    expect((await acked([0])).json).toEqual({ acks: { 0: false } });
  });

  it("refuses polls of a token without it, and responds without ackId when told to", async () => {
    expect(await acked([0])).toMatchObject({ status: 400, json: { code: 14 } });
    await start({ acknowledgement: true });
    hec.faults.add({ kind: "special", name: "without-ack-id" }, { kind: "code", code: 24 });
    expect((await post('{"event":1}', { headers })).json).toEqual({ text: "Success", code: 0 });
    expect((await post('{"event":1}', { headers })).json).toMatchObject({ code: 24, ackId: 0 });
  });
});
