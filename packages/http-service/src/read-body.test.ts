import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { leaveUnread } from "./connections.ts";
import { HttpFailure } from "./http-failure.ts";
import { readBody } from "./read-body.ts";

let server: Server;
/** What the server has read of its one connection. */
let connection: Socket;

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  connection = request.socket;
  const share = { take: () => undefined, release: () => undefined };
  try {
    const isKnown = request.headers.authorization !== undefined;
    const body = isKnown ? await readBody(request, { maxBytes: 8_000_000, share }) : null;
    response.statusCode = body === null ? 401 : 200;
    leaveUnread(request, response);
    response.end(`${body?.length ?? "unread"}`);
  } catch (error) {
    response.statusCode = error instanceof HttpFailure ? error.status : 500;
    leaveUnread(request, response);
    response.end("refused");
  }
}

beforeAll(async () => {
  server = createServer((request, response) => void serve(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterAll(() => server.close());

let received = "";
beforeEach(() => {
  received = "";
});

async function post(line: string, chunks: string): Promise<Socket> {
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  socket.on("error", () => {});
  socket.setEncoding("utf8").on("data", (text: string) => (received += text));
  await once(socket, "connect");
  socket.write(
    `POST / HTTP/1.1\r\nHost: a\r\n${line}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`,
  );
  return socket;
}

const closed = (socket: Socket) => new Promise((resolve) => socket.once("close", resolve));
const tiny = (times: number) => "1\r\nx\r\n".repeat(times);

it.each([
  ["ten thousand chunks of a byte", 10_000, tiny(10_000)],
  ["fifty thousand of 32", 1_600_000, `20\r\n${"x".repeat(32)}\r\n`.repeat(50_000)],
])("reads a body of %s", async (_what, length, chunks) => {
  const socket = await post("Authorization: x\r\n", `${chunks}0\r\n\r\n`);
  await closed(socket);
  expect(received).toMatch(/^HTTP\/1\.1 200/);
  expect(received.endsWith(`\r\n\r\n${length}`)).toBe(true);
});

it.each([
  ["read", "Authorization: x\r\n", 400],
  ["thrown away", "", 401],
])(
  "cuts off a client whose body without end is %s in chunks of a byte [GTW-12]",
  async (_how, line, status) => {
    const socket = await post(line, tiny(500_000));
    await closed(socket);
    expect(received).toMatch(new RegExp(`^(HTTP/1\\.1 ${status}|$)`));
    // Not all of the three megabytes, by far.
    expect(connection.bytesRead).toBeLessThan(400_000);
  },
);
