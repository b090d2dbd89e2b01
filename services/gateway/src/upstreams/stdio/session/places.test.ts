import { describe, expect, it, vi } from "vitest";
import { failure } from "../../testing/failure.ts";
import { callerOf, get, initialize, post, readEvents, remove } from "../../testing/requests.ts";
import { scripted, startStdioUpstream, type TestUpstream } from "../../testing/stdio-upstreams.ts";

const SERVER = scripted(`if (message.method === "ping") respond(message, {});`);
const [ann, bob, eve] = ["ann", "bob", "eve"].map((id) => callerOf(id, "acme"));

const open = ({ upstream }: TestUpstream, caller = ann) => initialize(upstream, "2025-11-25", caller);

async function alive({ upstream }: TestUpstream, session: Record<string, string>): Promise<boolean> {
  const { status } = await upstream.exchange(post({ jsonrpc: "2.0", id: "p", method: "ping" }, session));
  expect([200, 404]).toContain(status);
  return status === 200;
}

const reasons = ({ events }: TestUpstream) =>
  events.flatMap((event) =>
    event.type === "session_closed" ? `${event.caller?.principal.id} ${event.reason}` : [],
  );

describe("the places for sessions", () => {
  it("are not all taken by one caller, however often it initializes", async () => {
    await using local = startStdioUpstream(SERVER, { sessions: 4, sessionsPerCaller: 2 });
    const sessions: Record<string, string>[] = [];
    for (let count = 0; count < 6; count += 1) {
      sessions.push(await open(local));
    }
    expect(local.upstream.stats()["sessions"]).toMatchObject({ size: 2, inUse: 2 });
    expect(reasons(local)).toEqual(Array.from({ length: 4 }, () => "ann displaced"));
    const left = await Promise.all(sessions.map((session) => alive(local, session)));
    expect(left).toEqual([false, false, false, false, true, true]);
    await open(local, bob);
    expect(await alive(local, sessions[5]!)).toBe(true);
  });

  it("go to a caller that has fewer, from the longest quiet session of who has most, even if it listens", async () => {
    await using local = startStdioUpstream(SERVER, { sessions: 4, sessionsPerCaller: 4 });
    const first = await open(local);
    const second = await open(local);
    const listening = readEvents((await local.upstream.exchange(get(first))).body);
    const bobs = await open(local, bob);
    await open(local);
    await alive(local, second);
    expect(await open(local, eve)).toBeDefined();
    await listening.untilEnd();
    expect(reasons(local)).toEqual(["ann displaced"]);
    expect([await alive(local, first), await alive(local, second), await alive(local, bobs)]).toEqual([
      false,
      true,
      true,
    ]);
  });

  it("are given up by the newcomer itself before one who has no more is pushed out", async () => {
    await using local = startStdioUpstream(SERVER, { sessions: 2, sessionsPerCaller: 2 });
    const bobs = await open(local, bob);
    const anns = await open(local);
    await open(local);
    expect([await alive(local, bobs), await alive(local, anns)]).toEqual([true, false]);
  });

  it("are kept by those who use them, and the newcomer is told when to come back", async () => {
    await using local = startStdioUpstream(SERVER, { sessions: 2, displaceAfterMs: 55_000 });
    await open(local, bob);
    await open(local, eve);
    const full = await failure(open(local));
    expect(full).toMatchObject({ code: "upstream_overloaded" });
    expect(full.retryAfterSeconds).toBeGreaterThan(25);
    expect(full.retryAfterSeconds).toBeLessThanOrEqual(55);
  });

  it("change hands once a session has not been used for a while", async () => {
    await using local = startStdioUpstream(SERVER, { sessions: 2, displaceAfterMs: 1 });
    await open(local, bob);
    await open(local, eve);
    await vi.waitFor(() => open(local), 10_000);
    expect(reasons(local)).toEqual(["bob displaced"]);
  });

  it("are not taken from sessions with a call under way", async () => {
    await using local = startStdioUpstream(SERVER, { sessions: 4, sessionsPerCaller: 1, displaceAfterMs: 1 });
    const session = await open(local);
    const call = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "for ever" } } as const;
    void local.upstream.exchange(post(call, session)).catch(() => {});
    expect(await failure(open(local))).toMatchObject({ code: "upstream_overloaded", retryAfterSeconds: 5 });
    expect(await alive(local, session)).toBe(true);
  });

  it("never hold more processes than configured, starting and ending ones included", async () => {
    await using local = startStdioUpstream(SERVER, { sessions: 2, sessionsPerCaller: 2, displaceAfterMs: 1 });
    let most = 0;
    const count = () => (most = Math.max(most, local.pids().length));
    const opened = await Promise.allSettled(
      Array.from({ length: 12 }, (_, at) => open(local, callerOf(`c${at % 4}`)).finally(count)),
    );
    for (const one of opened) {
      if (one.status === "rejected") {
        expect(one.reason).toMatchObject({ code: "upstream_overloaded" });
      }
    }
    for (const at of [1, 2, 3]) {
      await open(local, callerOf(`late${at}`)).then(count, () => {});
    }
    expect(most).toBeLessThanOrEqual(2);
  });

  it("are free again when a session ends by itself", async () => {
    await using local = startStdioUpstream(SERVER, { sessions: 1 });
    await local.upstream.exchange(remove(await open(local)));
    await vi.waitFor(() => expect(local.upstream.stats()["sessions"]).toMatchObject({ size: 0 }));
    await open(local, bob);
    expect(reasons(local)).toEqual(["ann deleted"]);
  });
});
