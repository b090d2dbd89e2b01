import { createHmac } from "node:crypto";
import { startHttpCollector, type HttpCollector, type ReceiverFault } from "@sark/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Sink } from "../../domain/sink.ts";
import { makeEvents } from "../../testing/events.ts";
import { prepareOne, sendOnce, timeLimitOf, testContext } from "../../testing/sinks.ts";
import { webhookSchema } from "./config.ts";
import { signWebhook } from "./signature.ts";
import { createWebhookSink } from "./webhook-sink.ts";

const SECRET = "a-shared-secret-of-some-length";

let collector: HttpCollector;
let sinks: Sink[];
beforeEach(async () => {
  sinks = [];
  collector = await startHttpCollector();
});
afterEach(async () => {
  for (const sink of sinks) {
    await sink.close();
  }
  await collector.close();
});

function connect(context: Parameters<typeof testContext>[0] = {}): Sink {
  const settings = webhookSchema.parse({
    type: "webhook",
    url: `${collector.url}/hook`,
    secret: "${HOOK}",
    headers: { "X-Api-Key": "${EXTRA}" },
  });
  const environment = { HOOK: SECRET, EXTRA: "extra-credential" };
  const sink = createWebhookSink(settings, testContext({ environment, ...context }));
  sinks.push(sink);
  return sink;
}

const signal = new AbortController().signal;

describe("createWebhookSink", () => {
  it("posts a signed array, compressed, with an id that repeats with its events [AUD-5]", async () => {
    const sink = connect();
    const request = await prepareOne(sink, makeEvents(100));
    expect(request.sentBytes).toBeLessThan(request.contentBytes / 2);
    expect(await sink.send(request, signal)).toEqual({ kind: "delivered" });
    expect(await sink.send(request, signal)).toEqual({ kind: "delivered" });
    const [first, second] = collector.collected();
    expect((JSON.parse(first?.text ?? "") as { seq: number }[]).map(({ seq }) => seq)).toEqual(
      Array.from({ length: 100 }, (_, seq) => seq),
    );
    const headers = first?.headers ?? {};
    expect(headers).toMatchObject({
      "webhook-id": expect.stringMatching(/^test-0-99-[\w-]{16}$/) as string,
      "x-api-key": "extra-credential",
    });
    expect(second?.headers["webhook-id"]).toBe(headers["webhook-id"]);
    const signed = `${String(headers["webhook-id"])}.${String(headers["webhook-timestamp"])}.${first?.text}`;
    const expected = createHmac("sha256", SECRET).update(signed).digest("base64");
    expect(headers["webhook-signature"]).toBe(`v1,${expected}`);
  });

  it("has another id for the events of another log that have the same numbers: receivers drop what has the id of another request [AUD-5]", async () => {
    for (const log of ["1", "2"]) {
      const events = makeEvents(3, (seq) => ({ id: `00000000-0000-7000-800${log}-00000000000${seq}` }));
      expect(await sendOnce(connect(), events)).toEqual({ kind: "delivered" });
    }
    const ids = collector.collected().map(({ headers }) => String(headers["webhook-id"]));
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(2);
  });

  it("signs as the example of Standard Webhooks does", () => {
    const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const content = '{"test": 2432232314}';
    expect(signWebhook(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330_000, content)).toMatchObject({
      "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    });
  });

  it("sends lines where the format is no JSON", async () => {
    expect(await sendOnce(connect({ formatName: "cef", compression: "none" }), makeEvents(2))).toMatchObject({
      kind: "delivered",
    });
    const [request] = collector.collected();
    expect(request?.headers["content-type"]).toContain("text/plain");
    expect(request?.text.trimEnd().split("\n")).toHaveLength(2);
  });

  it.each<[ReceiverFault, object]>([
    [{ kind: "response", status: 204, taken: true }, { kind: "delivered" }],
    [
      { kind: "response", status: 429, headers: { "retry-after": "2" } },
      { kind: "retry", afterMs: 2_000 },
    ],
    [{ kind: "response", status: 500 }, { kind: "maybe_duplicate" }],
    [
      { kind: "response", status: 422 },
      { kind: "rejected", index: null },
    ],
    [{ kind: "response", status: 410 }, { kind: "configuration" }],
    [{ kind: "reset-before-body" }, { kind: "maybe_duplicate" }],
    [{ kind: "hang" }, { kind: "maybe_duplicate" }],
  ])("reads %j", async (fault, result) => {
    collector.faults.add(fault);
    expect(await sendOnce(connect(timeLimitOf(fault)), makeEvents(1))).toMatchObject(result);
  });

  it("splits large batches, and keeps its secrets to itself", async () => {
    const large = makeEvents(5, () => ({ metadata: { text: "x".repeat(400_000) } }));
    const { requests } = await connect().prepare(large, Date.now());
    expect(requests.map(({ events }) => events.length)).toEqual([2, 2, 1]);
    collector.faults.add({ kind: "response", status: 400, body: `${SECRET} extra-credential` });
    expect(await sendOnce(connect(), makeEvents(1))).toMatchObject({
      kind: "configuration",
      reason: "status 400: [secret] [secret]",
    });
    const before = collector.requests().length;
    await connect().check(signal);
    expect(collector.requests()).toHaveLength(before);
    await collector.goDown();
    await expect(connect().check(signal)).rejects.toThrow("ECONNREFUSED");
  });
});
