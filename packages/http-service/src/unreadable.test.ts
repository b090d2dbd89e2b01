import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { promisify } from "node:util";
import { currentContext } from "@sark/observability/logging";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { trackConnections } from "./connections.ts";
import { correlate, registerCorrelation } from "./correlation.ts";
import { ERROR_OBJECT } from "./error-object.ts";
import { checkHead } from "./check-head.ts";
import { createHttpServer, toHttpFailure } from "./server.ts";
import { refuseUnreadable } from "./unreadable.ts";

const WAIT = { timeout: 20_000, interval: 5 };

let server: FastifyInstance;
/** What was told of connections, with the id under which it was. */
let told: { code: string; left: boolean; correlationId: unknown }[];
/** Requests that reached a handler. */
let begun: string[];
let gate: PromiseWithResolvers<void>;
/** Responses whose end was told to those who wait for it. */
let closed: number;

beforeAll(async () => {
  const limits = {
    maxBodyBytes: 1_000,
    headersTimeoutMs: 500,
    requestTimeoutMs: 1_000,
    maxConnections: 100,
  };
  server = createHttpServer(limits, (...failed) => void fail(...failed));
  refuseUnreadable(server.server, trackConnections(server.server), ({ code }, _connection, left) =>
    told.push({ code, left, correlationId: currentContext()?.["correlation_id"] }),
  );
  registerCorrelation(server);
  server.setErrorHandler(fail);
  server.addHook("onRequest", async (request, reply) => {
    reply.raw.once("close", () => (closed += 1));
    request.share = { take: () => undefined, release: () => undefined };
    checkHead(request.raw);
  });
  server.post("/body", async ({ correlationId }) => {
    begun.push(correlationId);
    return "done";
  });
  server.get("/wait", async ({ correlationId }) => {
    begun.push(correlationId);
    await gate.promise;
    return "waited";
  });
  server.get("/stream", async (_request, reply) => {
    reply.hijack();
    reply.raw.writeHead(200, { "content-type": "text/plain" });
    reply.raw.write("first;");
    await gate.promise;
    reply.raw.end("last");
  });
  await server.listen({ host: "127.0.0.1", port: 0 });
});
afterAll(() => server.close());
beforeEach(() => {
  [told, begun, gate, closed] = [[], [], Promise.withResolvers(), 0];
});
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) {
    socket.destroy();
  }
});

const connections = (): Promise<number> => promisify(server.server.getConnections.bind(server.server))();

function fail(thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const error = toHttpFailure(thrown);
  return reply.code(error.status).send(ERROR_OBJECT.body(error, correlate(request, reply)));
}

interface Talk {
  readonly socket: Socket;
  received(): string;
  /** All that was sent until the server closed its side. */
  readonly all: Promise<string>;
}

async function talk(text: string): Promise<Talk> {
  const { port } = server.server.address() as AddressInfo;
  const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true }).setEncoding("utf8");
  await once(socket, "connect");
  let received = "";
  socket.on("data", (chunk: string) => (received += chunk)).on("error", () => {});
  sockets.push(socket);
  const closed = new Promise((resolve) => socket.once("close", resolve));
  const ended = new Promise((resolve) => socket.once("end", resolve));
  const all = Promise.race([closed, ended]).then(() => received);
  socket.write(text);
  return { socket, received: () => received, all };
}

/** A response that stands alone. */
function parse(text: string) {
  const [head = "", body = "", ...more] = text.split("\r\n\r\n");
  const [line = "", ...fields] = head.split("\r\n");
  const headers = Object.fromEntries(
    fields.map((field) => [field.slice(0, field.indexOf(":")).toLowerCase(), field.split(": ")[1]]),
  );
  expect(more).toEqual([]);
  expect(Number(headers["content-length"])).toBe(Buffer.byteLength(body));
  const { error } = JSON.parse(body) as { error: Record<string, unknown> };
  expect(headers["x-correlation-id"]).toMatch(/^[0-9a-f-]{36}$/);
  expect(error["correlation_id"]).toBe(headers["x-correlation-id"]);
  return { status: Number(line.split(" ")[1]), headers, code: error["code"], id: error["correlation_id"] };
}

const HEAD = "POST /body HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n";

it.each([
  ["nothing", ""],
  ["a tunnel", "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n"],
  ["what is no request", "what?\r\n\r\n"],
])(
  "tells of each response under way that its client has left, where %s comes behind their requests",
  async (_what, last) => {
    const wait = "GET /wait HTTP/1.1\r\nHost: a\r\n\r\n";
    const { socket } = await talk(wait.repeat(3));
    await vi.waitFor(() => expect(begun).toHaveLength(3), WAIT);
    socket.write(last);
    socket.end();
    if (last === "") {
      socket.destroy();
    }
    // While their handlers are still at work.
    await vi.waitFor(() => expect(closed).toBe(3), WAIT);
    gate.resolve();
  },
);

it("ends a connection over which thousands of requests come ahead of their responses, and serves few of them [GTW-12]", async () => {
  const ahead = await talk("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n".repeat(5_000));
  expect(await ahead.all).toBe("");
  await vi.waitFor(async () => expect(await connections()).toBe(0), WAIT);
  expect(told).toMatchObject([{ code: "too_many_requests", left: false }]);
  expect(begun).toHaveLength(16);
  // As many as that are served, as ever.
  const few = await talk("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n".repeat(16));
  await vi.waitFor(() => expect(begun).toHaveLength(32), WAIT);
  gate.resolve();
  await vi.waitFor(() => expect(few.received().match(/waited/g)).toHaveLength(16), WAIT);
});

describe("what cannot be read as a request has the body and the id of every other error [MET-4]", () => {
  it.each<[what: string, text: string, status: number, code: string]>([
    ["no HTTP", "\u0016\u0003\u0001 hello\r\n\r\n", 400, "malformed_request"],
    ["a method that there is not", "WHAT / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "malformed_request"],
    ["two lengths", `${HEAD}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`, 400, "malformed_request"],
    [
      "a chunk without a length",
      `${HEAD}Transfer-Encoding: chunked\r\n\r\nxyz\r\n`,
      400,
      "malformed_request",
    ],
    ["a head that is too large", `${HEAD}X-A: ${"x".repeat(20_000)}\r\n\r\n`, 431, "headers_too_large"],
    ["a head that does not end", "GET /wait HTTP/1.1\r\nHost: a\r\n", 408, "slow_client"],
    ["a body that does not end", `${HEAD}Content-Length: 9\r\n\r\nhello`, 408, "slow_client"],
  ])("%s", async (_what, text, status, code) => {
    const response = parse(await (await talk(text)).all);
    expect(response).toMatchObject({ status, code });
    expect(response.headers).toMatchObject({
      "content-type": "application/json; charset=utf-8",
      connection: "close",
    });
    expect(told).toEqual([{ code, left: false, correlationId: response.id }]);
    expect(begun).toEqual([]);
  });

  it.each<[what: string, text: string, status: number, code: string]>([
    ["no Host", "GET /wait HTTP/1.1\r\n\r\n", 400, "invalid_request"],
    ["two Hosts", "GET /wait HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "invalid_request"],
    ["two Hosts of HTTP/1.0", "GET /wait HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400, "invalid_request"],
    [
      "an expectation",
      `${HEAD}Expect: a-miracle\r\nContent-Length: 5\r\n\r\nhello`,
      417,
      "expectation_failed",
    ],
    ["two of them", `${HEAD}Expect: 100-continue, x\r\nContent-Length: 5\r\n\r\n`, 417, "expectation_failed"],
  ])("%s, as any other refused request", async (_what, text, status, code) => {
    const { received } = await talk(text);
    await vi.waitFor(() => expect(parse(received())).toMatchObject({ status, code }), WAIT);
    expect(begun).toEqual([]);
    expect(told).toEqual([]);
  });

  it("a client that closes its side in the middle, which may still read", async () => {
    const { socket, all } = await talk(`${HEAD}Content-Le`);
    socket.end();
    const response = parse(await all);
    expect(response).toMatchObject({ status: 400, code: "malformed_request" });
    expect(told).toEqual([{ code: "malformed_request", left: true, correlationId: response.id }]);
  });

  it("and the id that the request has got already", async () => {
    const asked = once(server.server, "request") as Promise<[IncomingMessage]>;
    const { all } = await talk(`${HEAD}Content-Length: 9\r\n\r\nhello`);
    const [request] = await asked;
    expect(parse(await all).id).toBe(request.correlationId);
  });
});

describe("a response is written only where no client can take it for another one", () => {
  it("not before the response to a request that is at work", async () => {
    const { socket, all } = await talk("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
    await vi.waitFor(() => expect(begun).toHaveLength(1), WAIT);
    socket.write("\u0000 no HTTP\r\n\r\n");
    expect(await all).toBe("");
    expect(told).toMatchObject([{ code: "malformed_request" }]);
    gate.resolve();
  });

  it("not within one that is under way", async () => {
    const { socket, received, all } = await talk("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
    await vi.waitFor(() => expect(received()).toContain("first;"), WAIT);
    socket.write("\u0000 no HTTP\r\n\r\n");
    const text = await all;
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
    expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(text).not.toContain("malformed_request");
    gate.resolve();
  });

  it("after one that is complete", async () => {
    gate.resolve();
    const { socket, received, all } = await talk("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
    await vi.waitFor(() => expect(received()).toContain("waited"), WAIT);
    socket.write("\u0000 no HTTP\r\n\r\n");
    const [, second = ""] = (await all).split("waited");
    expect(parse(second)).toMatchObject({ status: 400, code: "malformed_request" });
  });

  it("once, and nothing that comes after it is acted upon", async () => {
    const { socket, received } = await talk("POST /body HTTP/1.1\r\nHost: a\r\n");
    await vi.waitFor(() => expect(received()).toMatch(/^HTTP\/1\.1 408 /), WAIT);
    // The connection lingers, so that the client can read: what it sends now is a whole request.
    socket.write("Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello");
    socket.write("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
    socket.write("\u0000 no HTTP\r\n\r\n");
    await vi.waitFor(async () => expect(await connections()).toBe(0), WAIT);
    expect(parse(received())).toMatchObject({ status: 408 });
    expect(begun).toEqual([]);
    expect(told).toHaveLength(1);
  });
});
