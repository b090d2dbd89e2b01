import { once } from "node:events";
import { createServer, get, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, expect, it, onTestFinished } from "vitest";
import { sendStream } from "./send-stream.ts";

/** The response that a client gets whose body is this, and the promise of its end at the server. */
async function sent(body: Readable): Promise<{ response: IncomingMessage; over: Promise<void> }> {
  let over: Promise<void> = Promise.resolve();
  const server = createServer((_request, response) => {
    response.writeHead(200).flushHeaders();
    over = sendStream(body, response);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const request = get({ port: (server.address() as AddressInfo).port, agent: false });
  const [response] = (await once(request, "response")) as [IncomingMessage];
  return { response, over };
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

  it("is closed when the client leaves", async () => {
    const body = new PassThrough();
    const { response, over } = await sent(body);
    body.write("the first half");
    await once(response, "data");
    response.destroy();
    await over;
    expect(body.destroyed).toBe(true);
  });
});
