import { once } from "node:events";
import { createServer, get, type IncomingMessage } from "node:http";
import { Socket, type AddressInfo } from "node:net";
import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { sendStream } from "./send-stream.ts";

afterEach(() => void vi.restoreAllMocks());

/** The response that a client gets whose body is this, and the promise of its end at the server. */
async function sent(
  body: Readable,
): Promise<{ response: IncomingMessage; over: Promise<void>; writes: number }> {
  let socket: Socket | null = null;
  const written = [vi.spyOn(Socket.prototype, "_write"), vi.spyOn(Socket.prototype, "_writev")];
  let over: Promise<void> = Promise.resolve();
  const server = createServer((_request, response) => {
    socket = response.socket;
    response.writeHead(200);
    over = sendStream(body, response);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const request = get({ port: (server.address() as AddressInfo).port, agent: false });
  const [response] = (await once(request, "response")) as [IncomingMessage];
  const writes = written.flatMap(({ mock }) => mock.contexts).filter((from) => from === socket).length;
  return { response, over, writes };
}

describe("a body that is sent as a stream", () => {
  it("arrives whole, and is over with its last byte", async () => {
    const { response, over } = await sent(Readable.from([Buffer.from("one "), Buffer.from("two")]));
    expect(await text(response)).toBe("one two");
    await over;
  });

  it.each<[string, (body: PassThrough) => void]>([
    ["fails", (body) => body.destroy(new Error("the source failed"))],
    ["is closed before its end", (body) => body.destroy()],
  ])("cuts the response off when it %s: the client must not take it for whole", async (_how, end) => {
    const body = new PassThrough();
    const { response, over } = await sent(body);
    body.write("the first half");
    await once(response, "data");
    end(body);
    await expect(text(response)).rejects.toThrow("aborted");
    await over;
  });

  it.each<[string, (body: PassThrough) => void]>([
    ["failed", (body) => body.on("error", () => undefined).destroy(new Error("the source failed"))],
    ["was closed", (body) => body.destroy()],
    ["was read by another", (body) => body.resume().end("lost")],
  ])("cuts the response off when it %s before", async (_how, end) => {
    const body = new PassThrough();
    end(body);
    await vi.waitFor(() => expect(body.closed).toBe(true), { interval: 1 });
    const { response, over } = await sent(body);
    await expect(text(response)).rejects.toThrow("aborted");
    await over;
  });

  it("is closed when the client has left before", async () => {
    const body = new PassThrough();
    const { promise: over, resolve } = Promise.withResolvers<void>();
    const server = createServer((_request, response) => {
      response.destroy();
      response.once("close", () => resolve(sendStream(body, response)));
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    onTestFinished(() => void server.close());
    await once(get({ port: (server.address() as AddressInfo).port, agent: false }), "error");
    await over;
    expect(body.destroyed).toBe(true);
  });

  it("is closed when the client leaves", async () => {
    const body = new PassThrough();
    const { response, over } = await sent(body);
    body.write("the first half");
    await once(response, "data");
    response.destroy();
    await over;
    expect(body.destroyed).toBe(true);
  });

  it("leaves in one piece with its head and its end where all of it is there", async () => {
    const { response, over, writes } = await sent(Readable.from([Buffer.from("event: one\n\n")]));
    expect(await text(response)).toBe("event: one\n\n");
    await over;
    expect(writes).toBe(1);
  });

  it("does not hold its head back for what does not come", async () => {
    const body = new PassThrough();
    const { response, over, writes } = await sent(body);
    expect([response.statusCode, writes]).toEqual([200, 1]);
    body.end("late");
    expect(await text(response)).toBe("late");
    await over;
  });

  it("has a head also where it fails before anything else was said", async () => {
    const body = new Readable({
      read() {
        this.destroy(new Error("the source failed"));
      },
    });
    const { response, over } = await sent(body);
    await expect(text(response)).rejects.toThrow("aborted");
    await over;
  });
});
