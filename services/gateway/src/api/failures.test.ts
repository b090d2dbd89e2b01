import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { connect, type AddressInfo } from "node:net";
import Fastify, { type FastifyInstance } from "fastify";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { HttpEvents } from "../telemetry/http-events.ts";
import type { RequestTracing } from "../telemetry/traces/request-tracing.ts";
import { readBody, clientSignal } from "@sark/http-service";
import { createFailures } from "./failures.ts";

let server: FastifyInstance;
let begun: PromiseWithResolvers<void>;
let arrived: PromiseWithResolvers<IncomingMessage>;
const refused = vi.fn<HttpEvents["refused"]>();
const abandoned = vi.fn<HttpEvents["abandoned"]>();
const failed = vi.fn<RequestTracing["failed"]>();

beforeEach(async () => {
  refused.mockClear();
  abandoned.mockClear();
  failed.mockClear();
  begun = Promise.withResolvers();
  arrived = Promise.withResolvers();
  server = Fastify();
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("*", (_request: unknown, _body: unknown, done: (error: null) => void) =>
    done(null),
  );
  const events = { refused, abandoned } as Partial<HttpEvents> as HttpEvents;
  const resources = { unauthenticated: () => Promise.reject(new Error("not asked")) as never };
  server.setErrorHandler(
    createFailures({
      events,
      clientAddress: () => "127.0.0.1",
      resources,
      tracing: { failed, run: (_request, serve) => serve() },
    }),
  );
  // As work that is told of its client's leaving, and as work that is given up for another reason.
  server.get("/work", (_request, reply) => {
    const signal = clientSignal(reply);
    begun.resolve();
    return new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason as Error));
    });
  });
  // As a caller who is being authenticated while its client leaves.
  server.post("/read", async ({ raw }) => {
    arrived.resolve(raw);
    await new Promise((resolve) => raw.once("close", resolve));
    return readBody(raw, { maxBytes: 2, share: { take: () => undefined } as never });
  });
  server.get("/fault", () => Promise.reject(new DOMException("This operation was aborted", "AbortError")));
  await server.listen({ host: "127.0.0.1", port: 0 });
});
afterEach(() => server.close());

it("a client that leaves while its request is worked on is no fault of the gateway [GTW-12]", async () => {
  const socket = connect((server.server.address() as AddressInfo).port, "127.0.0.1");
  await once(socket, "connect");
  socket.write("GET /work HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await begun.promise;
  socket.resetAndDestroy();
  await vi.waitFor(() => expect(abandoned).toHaveBeenCalledOnce());
  expect(refused).not.toHaveBeenCalled();
  expect(failed).not.toHaveBeenCalled();
});

it("nor is one that leaves when its body has arrived and is not read yet [GTW-12]", async () => {
  const socket = connect((server.server.address() as AddressInfo).port, "127.0.0.1");
  await once(socket, "connect");
  socket.write("POST /read HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}");
  const request = await arrived.promise;
  await vi.waitUntil(() => request.complete);
  socket.resetAndDestroy();
  await vi.waitFor(() => expect(abandoned).toHaveBeenCalledOnce());
  expect(refused).not.toHaveBeenCalled();
  expect(failed).not.toHaveBeenCalled();
});

it("the same error is one where the client waits for its response", async () => {
  const { port } = server.server.address() as AddressInfo;
  const response = await fetch(`http://127.0.0.1:${port}/fault`);
  expect(await response.json()).toMatchObject({ error: { code: "internal_error" } });
  expect(refused).toHaveBeenCalledOnce();
  expect(abandoned).not.toHaveBeenCalled();
});
