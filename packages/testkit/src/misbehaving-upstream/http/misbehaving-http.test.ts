import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { Agent, request, type IncomingMessage } from "node:http";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  HTTP_MISBEHAVIOURS,
  startMisbehavingUpstream,
  type HttpMisbehaviour,
  type MisbehavingUpstream,
} from "./start-misbehaving-upstream.ts";

const BYTES = 3 * 2 ** 20;

let upstream: MisbehavingUpstream;
let agent: Agent;

beforeEach(async () => {
  upstream = await startMisbehavingUpstream({ bytes: BYTES, ms: 1 });
  agent = new Agent({ maxHeaderSize: 2 ** 20 } as object);
});
afterEach(async () => {
  agent.destroy();
  await upstream.close();
});

interface Observation {
  status: number | null;
  headers: IncomingMessage["headers"];
  body: string;
  bytes: Buffer;
  /** The code of the error that ended it, or `complete`. */
  end: string;
}

/** Calls a tool by hand; `stopAt` hangs up once so many bytes have come. */
function observe(behaviour: HttpMisbehaviour, stopAt = Infinity): Promise<Observation> {
  const chunks: Buffer[] = [];
  let received = 0;
  let response: IncomingMessage | null = null;
  return new Promise((resolve) => {
    const finish = (end: string) => {
      const bytes = Buffer.concat(chunks);
      const { statusCode = null, headers = {} } = response ?? {};
      resolve({ status: statusCode, headers, body: bytes.toString(), bytes, end });
    };
    const req = request(upstream.url(behaviour), { method: "POST", agent, maxHeaderSize: 2 ** 20 });
    req.once("error", (error: NodeJS.ErrnoException) => finish(error.code ?? error.message));
    req.once("response", (res) => {
      response = res;
      res.once("error", (error: NodeJS.ErrnoException) => finish(error.code ?? error.message));
      res.once("end", () => finish("complete"));
      res.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        received += chunk.length;
        if (received >= stopAt) {
          req.destroy();
        }
      });
    });
    req.end(JSON.stringify({ jsonrpc: "2.0", id: 7, method: "tools/call", params: { name: "misbehave" } }));
  });
}

const right =
  '{"jsonrpc":"2.0","id":7,"result":{"content":[{"type":"text","text":"well done"}],"resultType":"complete"}}';

/** What a caller sees, where the response has an end. */
const seen: Partial<Record<HttpMisbehaviour, (what: Observation) => void>> = {
  "not-json": ({ body }) => expect(() => JSON.parse(body) as unknown).toThrow("not valid JSON"),
  "not-json-rpc": ({ body }) => expect(JSON.parse(body)).toEqual({ well: "done" }),
  "empty-body": ({ status, body }) => expect([status, body]).toEqual([200, ""]),
  "wrong-id": ({ body }) => expect(JSON.parse(body)).toMatchObject({ id: "not-7" }),
  "two-responses": ({ body }) => expect(body.match(/"id":7/g)).toHaveLength(2),
  "duplicate-keys": ({ body }) => expect(body.match(/"result":/g)).toHaveLength(2),
  "invalid-utf8": ({ bytes }) =>
    expect(() => new TextDecoder("utf-8", { fatal: true }).decode(bytes)).toThrow("not valid"),
  "html-500": ({ status, body }) => expect([status, body.slice(0, 6)]).toEqual([500, "<html>"]),
  redirect: ({ status, headers }) => expect([status, typeof headers.location]).toEqual([307, "string"]),
  "wrong-content-type": ({ headers, body }) =>
    expect([headers["content-type"], body]).toEqual(["text/plain", right]),
  compressed: ({ headers, bytes }) =>
    expect([headers["content-encoding"], bytes.subarray(0, 2).toString("hex")]).toEqual(["gzip", "1f8b"]),
  "many-headers": ({ headers, body }) =>
    expect([Object.keys(headers).length > 300, body]).toEqual([true, right]),
  "oversize-headers": ({ headers }) => expect(Object.keys(headers).length).toBeGreaterThan(300),
  "sse-without-response": ({ body }) => expect(body).not.toContain("data:"),
  "sse-garbage": ({ body }) => expect(body).toContain("data: {not json"),
  "closes-at-once": ({ end }) => expect(end).toBe("ECONNRESET"),
  "not-http": ({ end }) => expect(end).toMatch(/^HPE_/),
  "dies-mid-json": ({ body, end }) => expect([right.startsWith(body), end]).toEqual([true, "ECONNRESET"]),
  "dies-mid-sse": ({ body, end }) =>
    expect([body.includes("notifications/progress"), end]).toEqual([true, "ECONNRESET"]),
  "slow-drip": ({ body, end }) => expect([body, end]).toEqual([right, "complete"]),
  "enormous-json": ({ body }) => expect(JSON.parse(body).result.content[0].text).toHaveLength(BYTES),
  "enormous-event": ({ body }) => expect(body.length).toBeGreaterThan(BYTES),
};
const withoutEnd = HTTP_MISBEHAVIOURS.filter((behaviour) => !(behaviour in seen));

describe("startMisbehavingUpstream", () => {
  it.each(Object.keys(seen) as HttpMisbehaviour[])("%s", async (behaviour) => {
    seen[behaviour]?.(await observe(behaviour));
    expect(upstream.requests()).toMatchObject([{ behaviour, method: "tools/call", misbehaved: true }]);
  });

  it.each(withoutEnd)("%s has no end, and notices that the caller hangs up", async (behaviour) => {
    const req = request(upstream.url(behaviour), { method: "POST", agent });
    req.once("error", () => {});
    req.once("response", (res) => void res.resume().once("error", () => {}));
    req.end('{"jsonrpc":"2.0","id":7,"method":"tools/call"}');
    await vi.waitUntil(() => upstream.requests().length === 1);
    const [entry] = upstream.requests();
    expect(entry).toMatchObject({ behaviour, closed: false, finished: false });
    req.destroy();
    await vi.waitUntil(() => entry?.closed);
    expect(entry?.finished).toBe(false);
  });

  it("stops writing an enormous response when the caller hangs up", async () => {
    await upstream.close();
    // More than the buffers in between can take.
    const bytes = 256 * 2 ** 20;
    upstream = await startMisbehavingUpstream({ bytes });
    await observe("enormous-json", 100_000);
    const [entry] = upstream.requests();
    await vi.waitUntil(() => entry?.closed);
    expect(entry?.finished).toBe(false);
    expect(entry?.bytesSent()).toBeLessThan(bytes);
  });

  it.each(["legacy", "modern"] as const)("behaves until a tool is called: %s era", async (era) => {
    const mode = era === "modern" ? { pin: "2026-07-28" } : "legacy";
    const client = new Client({ name: "test", version: "1" }, { versionNegotiation: { mode } } as object);
    await client.connect(new StreamableHTTPClientTransport(new URL(upstream.url("html-500"))));
    expect((await client.listTools()).tools.map((tool) => tool.name)).toEqual(["misbehave"]);
    await expect(client.callTool({ name: "misbehave" })).rejects.toThrow("Internal Server Error");
    await client.close();
  });
});
