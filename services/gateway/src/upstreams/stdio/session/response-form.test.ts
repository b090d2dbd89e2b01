import { json } from "node:stream/consumers";
import { describe, expect, it, vi } from "vitest";
import { failure } from "../../testing/failure.ts";
import { get, initialize, post, readEvents } from "../../testing/requests.ts";
import { scripted, startStdioUpstream } from "../../testing/stdio-upstreams.ts";

/** Responds to calls at once or, told through pings, when and as the test says. */
const SERVER = scripted(`
  if (message.method === "notifications/cancelled") process.stderr.write("cancelled " + message.params.requestId + "\\n");
  if (message.method === "tools/call" && message.params.name === "large") respond(message, { text: "x".repeat(message.params.size) });
  else if (message.method === "tools/call") (globalThis.calls ??= new Map()).set(message.id, message);
  if (message.method === "ping") {
    const { say, id } = message.params ?? {};
    if (say === "respond") respond(globalThis.calls.get(id), { done: id });
    if (say === "log") send({ jsonrpc: "2.0", method: "notifications/message", params: { level: "info", data: "x" } });
    if (say === "ask") send({ jsonrpc: "2.0", id: "q", method: "roots/list" });
    if (say === "exit") process.exit(1);
    respond(message, {});
  }`);

const call = (id: number, name = "waits", size = 0) =>
  ({ jsonrpc: "2.0", id, method: "tools/call", params: { name, size } }) as const;

async function start(streamAfterMs: number, version = "2025-11-25") {
  const local = startStdioUpstream(SERVER, { streamAfterMs });
  const session = await initialize(local.upstream, version);
  let pings = 100;
  return {
    ...local,
    [Symbol.asyncDispose]: () => local[Symbol.asyncDispose](),
    session,
    stderr: () => local.events.flatMap((event) => (event.type === "stderr" ? event.line : [])),
    send: (message: Parameters<typeof post>[0], signal?: AbortSignal) =>
      local.upstream.exchange(post(message, session, signal)),
    say: async (say: string, id = 0) => {
      pings += 1;
      const ping = { jsonrpc: "2.0", id: pings, method: "ping", params: { say, id } } as const;
      await local.upstream.exchange(post(ping, session));
    },
  };
}

const SOON = 1;
const NEVER = 2_000_000_000;

describe("the form of a reply in the older era over stdio", () => {
  it.each([1, 3 * 2 ** 20])(
    "is JSON when the response comes before anything else, however large (%i bytes)",
    async (size) => {
      await using local = await start(NEVER);
      const reply = await local.send(call(1, "large", size));
      expect(reply.headers["content-type"]).toBe("application/json");
      expect(await json(reply.body)).toEqual({ jsonrpc: "2.0", id: 1, result: { text: "x".repeat(size) } });
    },
  );

  it.each(["log", "ask"])(
    "is an event stream as soon as the server says something else (%s)",
    async (what) => {
      await using local = await start(NEVER);
      const reply = local.send(call(1));
      await local.say(what);
      const { headers, body } = await reply;
      expect(headers["content-type"]).toBe("text/event-stream");
      const events = readEvents(body);
      await vi.waitFor(() => expect(events.events).toHaveLength(2));
      await local.say("respond", 1);
      await events.untilEnd();
      expect(events.events).toMatchObject([
        { id: "1-1", data: null },
        { id: "1-2" },
        { id: "1-3", data: { id: 1 } },
      ]);
    },
  );

  it("is an event stream when nothing comes for long, and its first event can be come back to", async () => {
    await using local = await start(SOON);
    const { headers, body } = await local.send(call(1));
    expect(headers["content-type"]).toBe("text/event-stream");
    const events = readEvents(body);
    await vi.waitFor(() => expect(events.events).toEqual([{ id: "1-1", data: null }]));
    body.destroy();
    await local.say("respond", 1);
    const resumed = await local.upstream.exchange(get({ ...local.session, "last-event-id": "1-1" }));
    const rest = readEvents(resumed.body);
    await rest.untilEnd();
    expect(rest.events).toMatchObject([{ id: "1-2", data: { id: 1, result: { done: 1 } } }]);
    const nothingLeft = await local.upstream.exchange(get({ ...local.session, "last-event-id": "1-2" }));
    expect(nothingLeft.status).toBe(204);
  });

  it("is begun without an event for clients that could not read one without data", async () => {
    await using local = await start(SOON, "2025-06-18");
    const { headers, body } = await local.send(call(1));
    expect(headers["content-type"]).toBe("text/event-stream");
    await local.say("respond", 1);
    const events = readEvents(body);
    await events.untilEnd();
    expect(events.events).toMatchObject([{ data: { id: 1 } }]);
  });

  it("is an event stream for several responses, so that the first does not wait for the last", async () => {
    await using local = await start(NEVER, "2025-03-26");
    const reply = local.send([call(1), call(2)]);
    await local.say("respond", 2);
    const events = readEvents((await reply).body);
    await vi.waitFor(() => expect(events.events).toMatchObject([{ data: { id: 2 } }]));
    await local.say("respond", 1);
    await events.untilEnd();
    expect(events.events).toMatchObject([{ data: { id: 2 } }, { data: { id: 1 } }]);
    const one = await Promise.all([local.send([call(3)]), local.say("respond", 3)]);
    expect(await json(one[0].body)).toMatchObject([{ id: 3 }]);
  });

  it("is none when the caller leaves before: the server is told, as there is nothing to come back to", async () => {
    await using local = await start(NEVER);
    const leave = new AbortController();
    const reply = failure(local.send(call(1), leave.signal));
    await local.say("nothing");
    leave.abort();
    expect((await reply).code).toBe("cancelled");
    await vi.waitFor(() => expect(local.stderr()).toContain("cancelled 1"));
  });

  it("is none when the server dies before", async () => {
    await using local = await start(NEVER);
    const reply = failure(local.send(call(1)));
    void failure(local.say("exit"));
    expect((await reply).code).toBe("upstream_died");
  });
});
