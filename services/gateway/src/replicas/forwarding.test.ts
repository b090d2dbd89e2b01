import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { hostname } from "node:os";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { heldId, type ForwardedRequest, type ForwardedResponse } from "../domain/forwarding.ts";
import type { Caller } from "../domain/governance.ts";
import { createSeal, createSeenNonces } from "@sark/shared-state";
import type { ReplicaAddress } from "./directory.ts";
import { createForwarder } from "./forwarder.ts";
import { listenForForwarded, type HandledResponse } from "./listener.ts";
import { encodeForwarded, FORWARD_PATH, knockOf, KNOCK_HEADER, plain, PROOF_HEADER } from "./wire.ts";

const HOLDER = "holder";
const seal = createSeal(randomBytes(32), "replicas");
const told: string[] = [];
const observer = {
  forwarded: (result: string) => void told.push(result),
  refused: (reason: string) => void told.push(reason),
  lost: () => undefined,
  tlsFilesChanged: () => undefined,
};
afterEach(() => void told.splice(0));

const caller: Caller = {
  principal: {
    id: "alice",
    type: "user",
    actor: null,
    tenant: "acme",
    roles: ["user"],
    attributes: { team: "blue", __proto__: null },
    method: "jwt",
    scope: [{ server: "tools", tools: ["echo"] }],
  },
  correlationId: "c-1",
  clientAddress: "203.0.113.7",
  credential: "jwt:x",
  subjectToken: () => "the-token",
  traceHeaders: { traceparent: "00-1", tracestate: undefined },
};

const request = (more: Partial<ForwardedRequest> = {}): ForwardedRequest => ({
  method: "POST",
  headers: { "content-type": "application/json", "mcp-session-id": "s" },
  body: Buffer.from('{"jsonrpc":"2.0","id":1,"method":"ping","x":"\u00e9"}'),
  server: "tools",
  caller,
  signal: new AbortController().signal,
  ...more,
});

async function holder(
  handle: (request: ForwardedRequest) => Promise<HandledResponse> | HandledResponse = () => ({
    status: 200,
    headers: { "content-type": "application/json", "sark-audit-id": "a" },
    body: Buffer.from("{}"),
  }),
) {
  const listener = await listenForForwarded({
    host: "127.0.0.1",
    port: 0,
    id: HOLDER,
    seal,
    tls: null,
    maxBodyBytes: 1_000,
    maxConnections: 100,
    observer,
    handle: async (one) => handle(one),
  });
  onTestFinished(() => listener.close(0));
  return { url: `http://127.0.0.1:${listener.port}`, machine: hostname() };
}

function forwarderTo(address: ReplicaAddress | "lost" | null, isLost = false) {
  const directory = { find: async () => address, isLost: async () => isLost };
  const forwarder = createForwarder({ seal, id: "own", directory, tls: null, observer });
  onTestFinished(() => forwarder.close());
  return forwarder;
}

async function knocking(url: string, message: Buffer, headers: Record<string, string> = {}) {
  const response = await fetch(`${url}${FORWARD_PATH}`, {
    method: "POST",
    body: new Uint8Array(message),
    headers: { [KNOCK_HEADER]: knockOf(seal, HOLDER), ...headers },
  });
  await response.arrayBuffer();
  return response;
}

const messageAt = (time: number, nonce: string, receiver = HOLDER, by = seal) => {
  const { signal: _signal, body, ...rest } = request();
  return encodeForwarded(by, receiver, { time, nonce, request: rest }, body);
};

describe("a request that a replica passes on [GTW-6]", () => {
  it("arrives as it came, with all that is known of its caller, and its response comes back", async () => {
    const got: ForwardedRequest[] = [];
    const address = await holder((one) => {
      got.push(one);
      return { status: 202, headers: { "sark-audit-id": "a" }, body: Buffer.from("{}") };
    });
    const sent = request();
    const response = (await forwarderTo(address).forward(HOLDER, sent)) as ForwardedResponse;
    expect(response).toMatchObject({ status: 202, headers: { "sark-audit-id": "a" } });
    expect(response.headers).not.toHaveProperty(PROOF_HEADER);
    expect(await text(response.body)).toBe("{}");
    const { signal: _signal, caller: from, ...rest } = got[0]!;
    const { signal: _sent, caller: _caller, ...wanted } = sent;
    expect(rest).toEqual(wanted);
    expect(from.subjectToken?.()).toBe("the-token");
    expect(from).toMatchObject({ principal: caller.principal, clientAddress: "203.0.113.7" });
    expect(told).toEqual(["passed"]);
  });

  it("has its stream passed on as it comes, and ends there when its client leaves here", async () => {
    const stream = new PassThrough();
    let ended = false;
    const address = await holder(({ signal }) => {
      signal.addEventListener("abort", () => (ended = true));
      return { status: 200, headers: { "content-type": "text/event-stream" }, body: stream };
    });
    const client = new AbortController();
    const response = (await forwarderTo(address).forward(
      HOLDER,
      request({ method: "GET", body: null, signal: client.signal }),
    )) as ForwardedResponse;
    stream.write("data: 1\n\n");
    const [chunk] = (await once(response.body, "data")) as [Buffer];
    expect(chunk.toString()).toBe("data: 1\n\n");
    client.abort();
    await vi.waitFor(() => expect(ended).toBe(true));
  });

  it("is taken once, in time, by the replica that it is for, and as it was sent", async () => {
    let handled = 0;
    const { url } = await holder(() => {
      handled += 1;
      return { status: 200, headers: {}, body: null };
    });
    const good = messageAt(Date.now(), "n-1");
    expect((await knocking(url, good)).status).toBe(200);
    expect((await knocking(url, good)).status).toBe(409);
    expect((await knocking(url, messageAt(Date.now() - 61_000, "n-2"))).status).toBe(409);
    expect((await knocking(url, messageAt(Date.now() + 61_000, "n-3"))).status).toBe(409);
    expect((await knocking(url, messageAt(Date.now(), "n-4", "another"))).status).toBe(421);
    const other = createSeal(randomBytes(32), "replicas");
    expect((await knocking(url, messageAt(Date.now(), "n-5", HOLDER, other))).status).toBe(421);
    const fresh = messageAt(Date.now(), "n-6");
    for (const at of [0, 3, 4, 20, fresh.length - 60, fresh.length - 1]) {
      const changed = Buffer.from(fresh);
      changed[at]! ^= 1;
      expect([at, (await knocking(url, changed)).status]).toEqual([at, 421]);
    }
    for (const message of [
      Buffer.alloc(0),
      fresh.subarray(0, 3),
      fresh.subarray(0, 40),
      Buffer.alloc(500_000),
    ]) {
      expect((await knocking(url, message)).status).toBe(421);
    }
    // What does not know the key is not even read.
    expect((await knocking(url, fresh, { [KNOCK_HEADER]: "x" })).status).toBe(421);
    expect((await fetch(`${url}/mcp/tools`)).status).toBe(421);
    expect(handled).toBe(1);
    expect(told.filter((word) => word === "repeated" || word === "stale")).toEqual([
      "repeated",
      "stale",
      "stale",
    ]);
    expect((await knocking(url, fresh)).status).toBe(200);
  });

  it("is lost where its replica is given up, and not because it is not at its address for a moment", async () => {
    const free = createServer().listen(0, "127.0.0.1");
    await once(free, "listening");
    const url = `http://127.0.0.1:${(free.address() as AddressInfo).port}`;
    const own = { url, machine: hostname() };
    // Another program has its address.
    free.on("request", (_request, response) => response.end("hello"));
    expect(await forwarderTo(own, true).forward(HOLDER, request())).toBe("lost");
    expect(await forwarderTo(own, false).forward(HOLDER, request())).toBe("unreachable");
    free.close();
    free.closeAllConnections();
    await once(free, "close");
    // Nothing listens there.
    expect(await forwarderTo(own, true).forward(HOLDER, request())).toBe("lost");
    expect(await forwarderTo(own, false).forward(HOLDER, request())).toBe("unreachable");
    expect(await forwarderTo("lost").forward(HOLDER, request())).toBe("lost");
    expect(await forwarderTo(null).forward(HOLDER, request())).toBe("unreachable");
    // Loopback of another machine is not that of this one.
    expect(await forwarderTo({ url, machine: "elsewhere" }).forward(HOLDER, request())).toBe("not_offered");
  });

  it("is broken off, and not lost without a word, where its replica hangs or ends while it is at work", async () => {
    const begun = Promise.withResolvers<void>();
    const address = await holder(() => {
      begun.resolve();
      return new Promise(() => undefined);
    });
    const forwarder = forwarderTo(address);
    const pending = forwarder.forward(HOLDER, request());
    await begun.promise;
    forwarder.vanished("another");
    forwarder.vanished(HOLDER);
    expect(await pending).toBe("broken");
  });

  it("names its holder in the id of the session, and this replica's own by none", () => {
    const forwarder = forwarderTo(null);
    expect(forwarder.holderOf(heldId(HOLDER, "x~y"))).toBe(HOLDER);
    expect(forwarder.holderOf(heldId("own", "x"))).toBeNull();
    expect(forwarder.holderOf("plain")).toBeNull();
  });
});

it.each([
  ["a function", () => 1],
  ["a date", new Date()],
  ["a map", new Map()],
  ["a number that JSON has not", Number.NaN],
  ["undefined in a list", [undefined]],
])("%s is not passed on in another form [GTW-6]", (_what, value) => {
  expect(() => plain({ value: { value } })).toThrow(TypeError);
});

it("what was seen is remembered for its time, and beyond a bound all is refused [GTW-12]", () => {
  let at = 0;
  const nonces = createSeenNonces(10, { max: 2, now: () => at });
  expect([nonces.isNew("a"), nonces.isNew("a"), nonces.isNew("b"), nonces.isNew("c")]).toEqual([
    true,
    false,
    true,
    false,
  ]);
  at = 10;
  expect([nonces.isNew("c"), nonces.isNew("a")]).toEqual([true, true]);
});
