import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it, vi } from "vitest";
import { createMetricsSender } from "./sender.ts";
import type { MetricsSenderOptions, RefusedEvent } from "./types.ts";

interface Request {
  readonly key: string | undefined;
  readonly apiKey: string | undefined;
  readonly ids: readonly string[];
}
type Respond = (request: Request, reply: ServerResponse) => void;

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) {
    await close();
  }
});

const json = (reply: ServerResponse, status: number, body: object, headers = {}) =>
  void reply.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
const take: Respond = ({ ids }, reply) =>
  json(reply, 200, { accepted: ids.length, duplicates: 0, refused: [] });

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) {
    text += String(chunk);
  }
  return text;
}

/** A service that responds as it is told; a sender to it. */
async function pair(options: Partial<MetricsSenderOptions> = {}) {
  const requests: Request[] = [];
  const service = { respond: take };
  const server = createServer((request, reply) => {
    void textOf(request).then((text) => {
      const ids = text
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => (JSON.parse(line) as { id: string }).id);
      const { "idempotency-key": key, "x-api-key": apiKey } = request.headersDistinct;
      const seen = { key: key?.[0], apiKey: apiKey?.[0], ids };
      requests.push(seen);
      service.respond(seen, reply);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(async () => {
    server.close();
    server.closeAllConnections();
  });
  const sender = createMetricsSender({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    apiKey: "key",
    flushIntervalMs: 3_600_000,
    retryBaseMs: 1,
    retryMaxMs: 1,
    ...options,
  });
  closing.push(() => sender.close(0));
  const send = (...ids: string[]) =>
    ids.map((id) => sender.activity({ id, user_id: "alice", type: "login" }));
  return { requests, service, sender, send };
}

it("sends what fits into one request, in order, each as it was when it was handed over [SVC-1]", async () => {
  const { requests, sender, send } = await pair({ maxBatch: 2 });
  const event = { id: "a", user_id: "alice", type: "login" };
  sender.activity(event);
  event.user_id = "changed";
  send("b", "c");
  await sender.flush();
  expect(requests.map(({ ids }) => ids)).toEqual([["a", "b"], ["c"]]);
  expect(new Set(requests.map(({ key }) => key)).size).toBe(2);
  expect(sender.stats()).toEqual({
    accepted: 3,
    duplicates: 0,
    refused: 0,
    dropped: 0,
    waiting: 0,
    retries: 0,
  });
});

it("repeats what failed with the same events and key, whatever it failed with [SVC-1]", async () => {
  const { requests, service, sender, send } = await pair({ timeoutMs: 5_000 });
  const faults: Respond[] = [
    (_request, reply) => void reply.destroy(),
    (_request, reply) => json(reply, 503, { code: "store_unavailable" }, { "retry-after": "0" }),
    (_request, reply) => json(reply, 429, { code: "rate_limited" }),
    (_request, reply) => json(reply, 401, { code: "unauthenticated" }),
    (_request, reply) => void reply.writeHead(200).end("<html>a proxy</html>"),
    (_request, reply) => json(reply, 200, { accepted: 0, duplicates: 0, refused: [] }),
    (_request, reply) => void reply.writeHead(302, { location: "http://127.0.0.1:1/" }).end(),
  ];
  service.respond = (request, reply) => (faults.shift() ?? take)(request, reply);
  send("a", "b");
  await sender.flush();
  expect(requests).toHaveLength(8);
  expect(new Set(requests.map(({ key }) => key)).size).toBe(1);
  expect(new Set(requests.map(({ ids }) => ids.join())).size).toBe(1);
  expect(sender.stats()).toMatchObject({ accepted: 2, retries: 7 });
});

it("waits as long as it is asked to", async () => {
  const waits: number[] = [];
  const { service, sender, send } = await pair({ onRetry: (_reason, wait) => void waits.push(wait) });
  service.respond = (_request, reply) => json(reply, 429, {}, { "retry-after": "7" });
  send("a");
  void sender.flush();
  await vi.waitFor(() => expect(waits).toEqual([7_000]));
});

it("asks for the key of each request", async () => {
  const keys = ["old", "new"];
  const { requests, service, sender, send } = await pair({ apiKey: () => keys.shift() ?? "none" });
  service.respond = (request, reply) =>
    request.apiKey === "new" ? take(request, reply) : json(reply, 401, { code: "unauthenticated" });
  send("a");
  await sender.flush();
  expect(requests.map(({ apiKey }) => apiKey)).toEqual(["old", "new"]);
});

it("tells which events are refused, by their places, and halves what is too large [SVC-1]", async () => {
  const refused: RefusedEvent[] = [];
  const { requests, service, sender, send } = await pair({ onRefused: (one) => void refused.push(one) });
  service.respond = (request, reply) => {
    if (request.ids.length > 2 || request.ids[0] === "huge") {
      json(reply, 413, { code: "payload_too_large" });
    } else if (request.ids.includes("bad")) {
      const bad = { index: 1, code: "invalid", field: "score", message: "score: is not" };
      json(reply, 200, { accepted: 1, duplicates: 0, refused: [bad] });
    } else {
      take(request, reply);
    }
  };
  send("a", "bad", "huge", "b");
  await sender.flush();
  expect(requests.map(({ ids }) => ids.join())).toEqual(["a,bad,huge,b", "a,bad", "huge,b", "huge", "b"]);
  expect(refused.map(({ event, index, code, field }) => [event.id, index, code, field])).toEqual([
    ["bad", 1, "invalid", "score"],
    ["huge", 0, "payload_too_large", null],
  ]);
  sender.activity({ user_id: "alice", type: "login", attributes: { text: "x".repeat(1_048_576) } });
  expect(refused.at(-1)).toMatchObject({ index: -1, code: "payload_too_large" });
  expect(sender.stats()).toMatchObject({ accepted: 2, refused: 3, waiting: 0 });
});

it("gives up on a batch that is refused for good, and goes on", async () => {
  const { service, sender, send } = await pair();
  service.respond = (_request, reply) => json(reply, 400, { code: "invalid_request", detail: "no" });
  send("a");
  await sender.flush();
  service.respond = take;
  send("b");
  await sender.flush();
  expect(sender.stats()).toMatchObject({ accepted: 1, refused: 1 });
});

it("drops what comes when its queue is full, counts it, and keeps what is there [SVC-1]", async () => {
  const { service, sender, send } = await pair({ maxQueue: 3 });
  service.respond = (_request, reply) => json(reply, 503, {});
  expect(send("a", "b", "c", "d", "e")).toEqual([true, true, true, false, false]);
  void sender.flush();
  expect(sender.stats()).toMatchObject({ dropped: 2, waiting: 3 });
  service.respond = take;
  await sender.flush();
  expect(sender.stats()).toMatchObject({ accepted: 3, dropped: 2, waiting: 0 });
});

it("closes when all is sent, or in time with what was not [SVC-1]", async () => {
  const first = await pair();
  first.send("a", "b");
  expect(await first.sender.close()).toEqual({ unsent: [] });
  expect(first.send("c")).toEqual([false]);
  expect(first.sender.stats()).toMatchObject({ accepted: 2, dropped: 1 });

  const second = await pair();
  second.service.respond = () => undefined;
  second.send("a", "b");
  const { unsent } = await second.sender.close(20);
  expect(unsent.map(({ id }) => id)).toEqual(["a", "b"]);
  expect(second.sender.stats()).toMatchObject({ accepted: 0, dropped: 2, waiting: 0 });
});

it("throws for what is no JSON, and counts nothing", async () => {
  const { sender } = await pair();
  expect(() => sender.activity({ user_id: "alice", type: "login", attributes: { big: 1n } })).toThrow(
    TypeError,
  );
  expect(sender.stats()).toMatchObject({ waiting: 0, dropped: 0 });
});
