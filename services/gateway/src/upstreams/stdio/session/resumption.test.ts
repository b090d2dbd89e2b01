import { json, text } from "node:stream/consumers";
import { describe, expect, it, vi } from "vitest";
import type { StdioLimits } from "../process/limits.ts";
import { get, initialize, post, readEvents } from "../../testing/requests.ts";
import { scripted, startStdioUpstream } from "../../testing/stdio-upstreams.ts";

/** `step` makes the call in flight report progress, `finish` responds to it; both are told through pings. */
const STEPPING = scripted(`
  if (message.method === "tools/call") { globalThis.call = message; globalThis.steps = 0; }
  if (message.method === "notifications/cancelled") process.stderr.write("cancelled " + message.params.requestId + "\\n");
  if (message.method === "ping") {
    const doing = message.params?.do ?? "";
    const size = Number(message.params?.size ?? 1);
    if (doing === "step") send({ jsonrpc: "2.0", method: "notifications/progress", params: { progressToken: "t", progress: ++globalThis.steps, message: "x".repeat(size) } });
    if (doing === "finish") respond(globalThis.call, { done: true });
    respond(message, {});
  }`);

const CALL = {
  jsonrpc: "2.0",
  id: "c",
  method: "tools/call",
  params: { name: "x", _meta: { progressToken: "t" } },
} as const;

async function startCall(limits: Partial<StdioLimits> = {}, version = "2025-11-25") {
  const local = startStdioUpstream(STEPPING, { streamAfterMs: 1, ...limits });
  const { upstream } = local;
  const session = await initialize(upstream, version);
  const response = await upstream.exchange(post(CALL, session));
  let pings = 0;
  return {
    ...local,
    [Symbol.asyncDispose]: () => local[Symbol.asyncDispose](),
    stderr: () => local.events.flatMap((event) => (event.type === "stderr" ? event.line : [])),
    unrouted: () => local.events.filter(({ type }) => type === "unrouted").length,
    lost: () => local.events.filter(({ type }) => type === "replay_dropped").length,
    session,
    body: response.body,
    events: readEvents(response.body),
    do: async (what: string, size = 1) => {
      pings += 1;
      const ping = { jsonrpc: "2.0", id: pings, method: "ping", params: { do: what, size } } as const;
      await json((await upstream.exchange(post(ping, session))).body);
    },
    resume: (lastEventId: string) => upstream.exchange(get({ ...session, "last-event-id": lastEventId })),
  };
}

describe("coming back to a stream", () => {
  it("replays what came after the last event seen, and goes on", async () => {
    await using call = await startCall();
    await call.do("step");
    await vi.waitFor(() => expect(call.events.events).toHaveLength(2));
    const lastSeen = call.events.events[1]!.id!;
    call.body.destroy();
    await call.do("step");
    await call.do("step");
    const resumed = await call.resume(lastSeen);
    expect(resumed.status).toBe(200);
    const events = readEvents(resumed.body);
    await call.do("finish");
    await events.untilEnd();
    expect(events.events.map(({ data }) => data)).toMatchObject([
      { params: { progress: 2 } },
      { params: { progress: 3 } },
      { id: "c", result: { done: true } },
    ]);
    expect(new Set(events.events.map(({ id }) => id)).size).toBe(3);
  });

  it("replays a response that came while the client was away", async () => {
    await using call = await startCall();
    await vi.waitFor(() => expect(call.events.events).toHaveLength(1));
    const primed = call.events.events[0]!;
    expect(primed.data).toBeNull();
    call.body.destroy();
    await call.do("finish");
    const events = readEvents((await call.resume(primed.id!)).body);
    await events.untilEnd();
    expect(events.events).toMatchObject([{ data: { id: "c" } }]);
    const nothingLeft = await call.resume(events.events[0]!.id!);
    expect(nothingLeft.status).toBe(204);
    expect(await text(nothingLeft.body)).toBe("");
  });

  it("does not send events without data to revisions whose clients cannot read them", async () => {
    await using call = await startCall({}, "2025-06-18");
    await call.do("finish");
    await call.events.untilEnd();
    expect(call.events.events).toMatchObject([{ data: { id: "c" } }]);
  });

  it("cancels the call of a client that does not come back in time", async () => {
    await using call = await startCall({ resumeMs: 30 });
    call.body.destroy();
    await vi.waitFor(() => expect(call.stderr()).toContain("cancelled c"));
    await call.do("finish");
    await vi.waitFor(() => expect(call.unrouted()).toBe(1));
  });

  it("lets a second connection take a stream over", async () => {
    await using call = await startCall();
    await call.do("step");
    await vi.waitFor(() => expect(call.events.events).toHaveLength(2));
    const taken = readEvents((await call.resume(call.events.events[0]!.id!)).body);
    await call.events.untilEnd();
    await call.do("finish");
    await taken.untilEnd();
    expect(taken.events.map(({ data }) => data)).toMatchObject([{ params: { progress: 1 } }, { id: "c" }]);
  });

  it("keeps a bounded number of events, and says so when one is asked for that is no longer kept", async () => {
    await using call = await startCall({ replayEvents: 2 });
    await vi.waitFor(() => expect(call.events.events).toHaveLength(1));
    const primed = call.events.events[0]!.id!;
    call.body.destroy();
    for (let step = 0; step < 4; step += 1) {
      await call.do("step");
    }
    const evicted = await call.resume(primed);
    expect(evicted.status).toBe(400);
    expect(await json(evicted.body)).toMatchObject({ error: { code: -32000 } });
    expect(call.lost()).toBe(2);
    for (const id of ["", "zz-1", "1-99", "no id", "1-1-1"]) {
      expect((await call.resume(id)).status).toBe(400);
    }
  });

  it("keeps a bounded number of bytes", async () => {
    await using call = await startCall({ replayBytes: 1_000 });
    call.body.destroy();
    await call.do("step", 600);
    await call.do("step", 600);
    expect(call.lost()).toBe(1);
  });

  it("cuts off a client that does not read, and lets it come back", async () => {
    await using call = await startCall({ replayBytes: 1_000, replayEvents: 100 });
    call.body.removeAllListeners("data");
    call.body.pause();
    await vi.waitFor(async () => {
      await call.do("step", 200);
      expect(call.body.destroyed).toBe(true);
    });
    expect(call.events.error).toMatchObject({ code: "upstream_overloaded" });
  });
});
