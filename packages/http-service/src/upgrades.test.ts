import { connect, type AddressInfo, type Socket } from "node:net";
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { trackConnections } from "./connections.ts";
import { createHttpServer } from "./server.ts";
import { serveUpgrades, takeConnection } from "./upgrades.ts";

const UPGRADE = "connection: upgrade\r\nupgrade: websocket\r\n";

let server: FastifyInstance;
/** Requests that reached a handler. */
let begun: string[] = [];
/** What `/wait` waits for. */
let gate = Promise.withResolvers<void>();

beforeAll(async () => {
  const limits = {
    maxBodyBytes: 1_000,
    headersTimeoutMs: 240_000,
    requestTimeoutMs: 240_000,
    maxConnections: 100,
  };
  server = createHttpServer(
    limits,
    () => undefined,
    null,
    ({ url }) => url === "/live",
  );
  trackConnections(server.server);
  serveUpgrades(server.server);
  server.addHook("onRequest", async (request) => {
    begun.push(request.url);
    request.share = { take: () => undefined, release: () => undefined };
  });
  server.get("/now", async () => "now");
  server.post("/body", async ({ body }) => String(body));
  server.get("/wait", async () => {
    await gate.promise;
    return "waited";
  });
  server.get("/live", async ({ raw }, reply) => {
    const connection = takeConnection(raw, reply.raw);
    if (connection === null) {
      return reply.code(426).send("upgrade");
    }
    reply.hijack();
    connection.socket.end("HTTP/1.1 101 Switching Protocols\r\n\r\nlive");
    return reply;
  });
  await server.listen({ host: "127.0.0.1", port: 0 });
});
afterAll(() => server.close());

/** All that came until the server has ended the connection. */
async function exchange(sent: string, then: (socket: Socket, text: () => string) => void = () => undefined) {
  begun = [];
  gate = Promise.withResolvers();
  const socket = connect((server.server.address() as AddressInfo).port, "127.0.0.1");
  let text = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    then(socket, () => text);
  });
  socket.write(sent);
  await new Promise((resolve) => socket.on("error", () => undefined).once("close", resolve));
  return { text, statuses: [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status)) };
}

const get = (path: string, lines = "") => `GET ${path} HTTP/1.1\r\nhost: localhost\r\n${lines}\r\n`;

describe("a request that would leave HTTP behind one whose response is under way", () => {
  it("stays in HTTP, and gets its response behind that one, so that the server goes on", async () => {
    // Two responses on one connection at once: Node throws where no one catches it.
    const sent = exchange(get("/wait") + get("/live", UPGRADE));
    await vi.waitFor(() => expect(begun).toEqual(["/wait", "/live"]));
    gate.resolve();
    const { statuses, text } = await sent;
    expect(statuses).toEqual([200, 426]);
    expect(text).toMatch(/waited[^]*upgrade$/);
    expect(await exchange(get("/live", UPGRADE))).toMatchObject({ statuses: [101] });
  });

  it("may leave it once the client has that response", async () => {
    let isAsked = false;
    const { statuses } = await exchange(get("/now"), (socket, text) => {
      if (!isAsked && text().endsWith("now")) {
        isAsked = true;
        socket.write(get("/live", UPGRADE));
      }
    });
    expect(statuses).toEqual([200, 101]);
  });
});

describe("behind a request that asks to leave HTTP, and may not", () => {
  const smuggled = get("/smuggled");
  it.each([
    ["GET", get("/now", UPGRADE)],
    [
      "POST",
      `POST /body HTTP/1.1\r\nhost: localhost\r\ncontent-type: a/b\r\n${UPGRADE}content-length: 3\r\n\r\nnow`,
    ],
    [
      "in chunks",
      `POST /body HTTP/1.1\r\nhost: localhost\r\ncontent-type: a/b\r\n${UPGRADE}transfer-encoding: chunked\r\n\r\n3\r\nnow\r\n0\r\n\r\n`,
    ],
  ])("no body is read as a request, which Node would do: %s", async (_how, first) => {
    const second = `POST /body HTTP/1.1\r\nhost: localhost\r\ncontent-type: a/b\r\ncontent-length: ${smuggled.length}\r\n\r\n`;
    const { statuses, text } = await exchange(first + second, (socket) => socket.write(smuggled));
    expect(statuses).toEqual([200]);
    expect(text).toMatch(/connection: close\r\n[^]*now$/i);
    expect(begun).toHaveLength(1);
  });
});
