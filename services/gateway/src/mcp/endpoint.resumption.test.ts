import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { ask, messagesOf, reading } from "./testing/ask.ts";
import { connectClient } from "./testing/connect-client.ts";
import { event, resultOf } from "./testing/scripted-upstream.ts";
import { startGateway } from "./testing/start-gateway.ts";

/** What the server does at each GET: the first, the second … */
type Resumed = (response: ServerResponse, callId: unknown) => void;

const progress = (n: number) =>
  event(
    { jsonrpc: "2.0", method: "notifications/progress", params: { progressToken: 1, progress: n } },
    `e${n}`,
  );
const RESULT = { content: [{ type: "text", text: "done" }] };
const result = (id: unknown) => event(resultOf(id, RESULT), "e9");

function stream(response: ServerResponse): ServerResponse {
  return response.writeHead(200, { "content-type": "text/event-stream" });
}
/** Cuts the connection once what was written is on its way. */
function cut(response: ServerResponse, text: string): void {
  response.write(text, () => response.destroy());
}

/** A server of sessions whose connection breaks after the first events of a tool call. */
async function brokenServer(first: string, ...resumed: Resumed[]) {
  const asked: string[] = [];
  let callId: unknown = null;
  const initialized = {
    protocolVersion: "2025-11-25",
    capabilities: { tools: {} },
    serverInfo: { name: "broken", version: "1" },
  };
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === "GET") {
      const lastEventId = request.headers["last-event-id"];
      if (lastEventId === undefined) {
        return void response.writeHead(405).end();
      }
      asked.push(`${lastEventId.toString()} ${String(request.headers["mcp-session-id"])}`);
      const step = resumed[asked.length - 1];
      return step === undefined ? void response.writeHead(400).end() : step(response, callId);
    }
    const { id, method } = (await json(request)) as { id?: unknown; method: string };
    if (method === "initialize") {
      const headers = { "content-type": "application/json", "mcp-session-id": "up" };
      return void response.writeHead(200, headers).end(JSON.stringify(resultOf(id, initialized)));
    }
    if (method !== "tools/call") {
      return void response.writeHead(202).end();
    }
    callId = id;
    cut(stream(response), first);
  }
  const server = createServer((request, response) => void serve(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const gateway = await startGateway({
    upstreams: { s: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp` },
  });
  onTestFinished(async () => {
    await gateway.close();
    server.closeAllConnections();
    server.close();
  });
  const outcomes = () =>
    gateway.governor.calls("tools/call").flatMap(({ results }) => results.map(({ outcome }) => outcome));
  return { gateway, asked, outcomes };
}

/** A call through the endpoint itself, so that all that its client is sent can be seen. */
async function callOf({ gateway }: Awaited<ReturnType<typeof brokenServer>>) {
  const initialize = { jsonrpc: "2.0", id: "init", method: "initialize", params: {} };
  const opened = await ask(gateway, { body: initialize });
  const headers = {
    "mcp-session-id": opened.headers["mcp-session-id"],
    "mcp-protocol-version": "2025-11-25",
  };
  const body = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "slow" } };
  const response = await ask(gateway, { body, headers });
  return { response, headers, seen: reading(response) };
}

const PRIMED = "id: e1\nretry: 10\ndata: \n\n";
const fails =
  (status: number): Resumed =>
  (response) =>
    void response.writeHead(status).end();
const responses: Resumed = (response, id) => void stream(response).end(result(id));

describe("a stream whose link to the server breaks", () => {
  it.each(["v1", "v2 with sessions"] as const)(
    "[AUD-1] goes on for the official client %s, and the record has one outcome",
    async (kind) => {
      const server = await brokenServer(PRIMED + progress(2), (response, id) =>
        cut(stream(response), progress(3) + progress(4) + result(id)),
      );
      const client = await connectClient(kind, server.gateway.url("s"));
      const heard: number[] = [];
      const called = await client.callTool("slow", {}, { onprogress: (n) => heard.push(n) });
      expect(called).toMatchObject(RESULT);
      expect(heard).toEqual([2, 3, 4]);
      expect(server.asked).toEqual(["e2 up"]);
      expect(server.outcomes()).toEqual(["ok"]);
      await client.close();
    },
  );

  it("shows its client nothing of the break, no event twice and none in part", async () => {
    const server = await brokenServer(`${PRIMED}${progress(2)}id: e3\ndata: {"jsonrpc":`, responses);
    const { seen } = await callOf(server);
    await vi.waitFor(() => expect(seen.ended).toBe(true));
    expect(messagesOf(seen.text)).toMatchObject([{ params: { progress: 2 } }, { id: 1, result: RESULT }]);
    const { gateway } = server;
    expect(seen.text.startsWith(PRIMED.replace("e1", gateway.eventId("e1")))).toBe(true);
    expect(server.asked).toEqual(["e2 up"]);
    expect(server.gateway.observer.of("streamBroken")).toMatchObject([{ stream: "response", resumed: true }]);
    expect(server.gateway.observer.of("streamClosed")).toMatchObject([{ end: "completed" }]);
  });

  it("is asked for again while the server is not back, or has not noticed", async () => {
    const server = await brokenServer(
      PRIMED,
      fails(409),
      fails(503),
      (response) => void response.destroy(),
      responses,
    );
    const { seen } = await callOf(server);
    await vi.waitFor(() => expect(seen.ended).toBe(true));
    expect(messagesOf(seen.text)).toEqual([resultOf(1, RESULT)]);
    expect(server.asked).toHaveLength(4);
    expect(server.outcomes()).toEqual(["ok"]);
  });

  it("may break again, each time after another event", async () => {
    const steps = Array.from(
      { length: 8 },
      (_, n): Resumed =>
        (response) =>
          cut(stream(response), progress(n + 2)),
    );
    const server = await brokenServer(PRIMED, ...steps, responses);
    const { seen } = await callOf(server);
    await vi.waitFor(() => expect(seen.ended).toBe(true), 10_000);
    expect(server.asked).toEqual(["e1 up", ...steps.map((_, n) => `e${n + 2} up`)]);
    expect(server.outcomes()).toEqual(["ok"]);
  });

  it("ends with its response, although the server keeps a resumed one open", async () => {
    const server = await brokenServer(PRIMED, (response, id) => void stream(response).write(result(id)));
    const { seen } = await callOf(server);
    await vi.waitFor(() => expect(seen.ended).toBe(true));
    expect(messagesOf(seen.text)).toEqual([resultOf(1, RESULT)]);
  });

  it.each([
    ["the server does not know it any more", [fails(404)], 1],
    ["the server does not let it", [fails(405)], 1],
    ["the response is no stream", [(response: ServerResponse) => void response.end("{}")], 1],
    ["nothing is left of it", [fails(204)], 1],
    ["the server does not come back", Array.from({ length: 9 }, () => fails(503)), 5],
    [
      "nothing comes between its breaks",
      Array.from({ length: 9 }, (): Resumed => (r) => cut(stream(r), ": x\n")),
      5,
    ],
  ])("ends with an error for its call when %s", async (_why, steps, times) => {
    const server = await brokenServer(PRIMED, ...steps);
    const { seen } = await callOf(server);
    await vi.waitFor(() => expect(seen.ended).toBe(true), 10_000);
    expect(messagesOf(seen.text)).toMatchObject([
      { id: 1, error: { code: -32603, data: { reason_code: "upstream_died" } } },
    ]);
    expect(server.asked).toHaveLength(times);
    expect(server.outcomes()).toEqual(["upstream_error"]);
    expect(server.gateway.observer.of("streamBroken").at(-1)).toMatchObject({ resumed: false });
  });

  it.each([
    ["no event id", progress(2).replace("id: e2\n", "")],
    ["an event id that was taken back", `${PRIMED}id:\n\n`],
  ])("is not asked for with %s", async (_what, first) => {
    const server = await brokenServer(first);
    const { seen } = await callOf(server);
    await vi.waitFor(() => expect(seen.ended).toBe(true));
    expect(server.asked).toEqual([]);
    expect(server.outcomes()).toEqual(["upstream_error"]);
  });

  it("waits for its client, which may leave meanwhile and come back itself", async () => {
    const server = await brokenServer(PRIMED.replace("10", "60000"), fails(503), responses);
    const { response, headers, seen } = await callOf(server);
    await vi.waitFor(() => expect(server.asked).toHaveLength(1));
    if (response.body !== null && "destroy" in response.body) {
      response.body.destroy();
    }
    await vi.waitFor(() => expect(seen.ended).toBe(true));
    expect(server.outcomes()).toEqual([]);
    const resumed = await ask(server.gateway, {
      method: "GET",
      headers: { ...headers, "last-event-id": server.gateway.eventId("e1") },
    });
    const rest = reading(resumed);
    await vi.waitFor(() => expect(messagesOf(rest.text)).toEqual([resultOf(1, RESULT)]));
    expect(server.outcomes()).toEqual(["ok"]);
  });
});
