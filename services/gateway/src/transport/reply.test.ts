import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { connect, type AddressInfo } from "node:net";
import type { FastifyReply } from "fastify";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { streamFrom } from "../mcp/response/stream-from.ts";
import { sendResponse } from "@sark/http-service";

const MiB = 1024 * 1024;
const LARGE = 32 * MiB;

/** A server that sends this body, and a client that takes as many bytes of it as the test says. */
async function sending(body: Parameters<typeof sendResponse>[1]["body"]) {
  let response: ServerResponse | undefined;
  const server = createServer((_request, raw) => {
    response = raw;
    const reply = { raw, hijack: () => undefined } as unknown as FastifyReply;
    void sendResponse(reply, { status: 200, headers: {}, body });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  client.on("error", () => undefined).pause();
  onTestFinished(() => {
    client.destroy();
    server.closeAllConnections();
    server.close();
  });
  client.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await vi.waitFor(() => expect(response?.socket).toBeTruthy());
  return {
    async take(bytes: number) {
      let taken = 0;
      while (taken < bytes) {
        const chunk = client.read() as Buffer | null;
        taken += chunk?.length ?? 0;
        if (chunk === null) {
          await once(client, "readable");
        }
      }
    },
    /** What the client has taken, as one sees it here: what stalled readers are told by. */
    seen: () => (response?.socket?.bytesWritten ?? 0) - (response?.socket?.writableLength ?? 0),
  };
}

describe("a client that takes a large response slowly", () => {
  it.each([
    ["document", () => Buffer.alloc(LARGE)],
    [
      "event",
      () =>
        streamFrom(
          (async function* () {
            yield Buffer.alloc(LARGE);
          })(),
          () => undefined,
        ),
    ],
  ])("is seen to take it: %s [HLT-2]", async (_what, body) => {
    const { take, seen } = await sending(body());
    await take(8 * MiB);
    await vi.waitFor(() => expect(seen()).toBeGreaterThan(7 * MiB));
    const before = seen();
    expect(before).toBeLessThan(LARGE);
    await take(8 * MiB);
    await vi.waitFor(() => expect(seen()).toBeGreaterThan(before));
  });
});
