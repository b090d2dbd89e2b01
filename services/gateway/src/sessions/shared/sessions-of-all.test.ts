import { randomBytes } from "node:crypto";
import { requireServer, startRedis, type Redis } from "@sark/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { heldId } from "../../domain/forwarding.ts";
import type { SeenSession, SessionEndReason, SessionUse } from "../../domain/sessions.ts";
import { createSeal, type SharedState } from "@sark/shared-state";
import { openSharedState } from "@sark/shared-state/open";
import type { SessionLimits } from "../session-limits.ts";
import { createSessionsOfAll, type SessionsOfAll } from "./sessions-of-all.ts";

const installed = requireServer("redis-server") !== null;
const HOUR = 3_600_000;
const LIMITS: SessionLimits = {
  maxPerPrincipal: 100,
  max: 1_000,
  idleMs: HOUR,
  maxDurationMs: 24 * HOUR,
  displaceAfterMs: 60_000,
};

let redis: Redis;
beforeAll(async () => {
  if (installed) {
    redis = await startRedis();
  }
});
afterAll(async () => redis?.close());

const open: { sessions: SessionsOfAll; state: SharedState }[] = [];
afterEach(async () => {
  for (const { sessions, state } of open.splice(0)) {
    await sessions.close();
    await state.close();
  }
});

interface Replica {
  readonly name: string;
  readonly sessions: SessionsOfAll;
  readonly state: SharedState;
  readonly over: [string, SessionEndReason, number][];
  readonly told: string[];
  readonly refused: string[];
}

/** Where Redis hangs. Elsewhere no time limit is to be met, however busy the machine. */
const HANGING_MS = 2_000;

/** What is not of the same key is of another installation. */
function installation(limits: Partial<SessionLimits> = {}, settledMs?: number, timeoutMs = 10 * 60_000) {
  const seal = createSeal(randomBytes(32), "sessions");
  return async (name: string): Promise<Replica> => {
    const state = openSharedState({
      settings: () => ({ url: `redis://127.0.0.1:${redis.port}`, tls: {} }),
      timeoutMs,
      keyPrefix: "t:",
      observer: {
        cameUp: () => undefined,
        wentDown: () => undefined,
        failed: () => undefined,
        responded: () => undefined,
      },
    });
    const over: Replica["over"] = [];
    const told: string[] = [];
    const refused: string[] = [];
    const sessions = createSessionsOfAll({
      state,
      seal,
      replica: name,
      limits: { ...LIMITS, ...limits },
      ...(settledMs === undefined ? {} : { settledMs }),
      observer: {
        sessionOver: ({ fingerprint, reason, cut }) => void over.push([fingerprint, reason, cut]),
        sessionRefused: ({ limit }) => void refused.push(limit),
      },
    });
    sessions.onEnd(({ fingerprint }) => void told.push(fingerprint));
    open.push({ sessions, state });
    await state.start();
    return { name, sessions, state, over, told, refused };
  };
}

function seen(fingerprint: string, more: Partial<SeenSession> & { user?: string } = {}): SeenSession {
  const { user = "alice", ...rest } = more;
  return {
    fingerprint,
    kind: "session",
    server: "tools",
    transport: "tcp",
    upstreamId: `upstream-${fingerprint}`,
    createdAt: Date.now(),
    caller: {
      principal: {
        id: user,
        type: "user",
        actor: null,
        tenant: "acme",
        roles: [],
        attributes: {},
        method: "jwt",
      },
      correlationId: "c",
      clientAddress: "127.0.0.1",
      credential: "k",
      traceHeaders: {},
    },
    protocolVersion: null,
    client: () => ({ name: "client", version: "1" }),
    ...rest,
  };
}

async function begin({ sessions }: Replica, session: SeenSession): Promise<string | null> {
  const admission = await sessions.admit(session.caller);
  if (admission.refused !== null) {
    return admission.message;
  }
  await admission.opened(session);
  admission.release();
  return null;
}

async function enter({ sessions }: Replica, session: SeenSession, stream = false): Promise<SessionUse> {
  const use = await sessions.enter(session, { calls: stream ? 0 : 1, stream });
  if (use.refused !== null) {
    throw new Error(use.message);
  }
  return use;
}

/** How long it stays known that a session is over. */
async function lasts(name: string, after?: Promise<unknown>): Promise<number> {
  await after;
  const [key = ""] = (await redis.command("KEYS", `t:session:*:end:${name}`))
    .split("\r\n")
    .filter((line) => line.startsWith("t:"));
  return Number(/:(-?\d+)/.exec(await redis.command("PTTL", key))?.[1]);
}

/** A call that is served at once. */
async function call(replica: Replica, session: SeenSession): Promise<void> {
  (await enter(replica, session)).leave();
}

describe.skipIf(!installed)("the sessions of several replicas [GTW-2] [GTW-6]", () => {
  it("are ended from any of them: what runs elsewhere is cut, the next call is refused, and one tells of it", async () => {
    const start = installation();
    const [a, b, c] = await Promise.all(["a", "b", "c"].map(start));
    const session = seen("s");
    await begin(a!, session);
    await call(b!, session);
    const running = await enter(b!, session);
    let cut = false;
    running.onEnd(() => (cut = true));
    expect(await c!.sessions.list.find("s")).toMatchObject({
      replica: "b",
      caller: { principal: { id: "alice" } },
    });
    await c!.sessions.end("s", "ended");
    await vi.waitFor(() => expect(cut).toBe(true));
    for (const replica of [a!, b!, c!]) {
      // A message may be under way for a moment.
      await vi.waitFor(() =>
        expect(call(replica, session)).rejects.toThrow(/an operator ended it; initialize again/),
      );
    }
    expect([a!.over, b!.over, c!.over]).toEqual([[], [], [["s", "ended", 0]]]);
    expect([a!.told, b!.told, c!.told]).toEqual([[], [], ["s"]]);
    expect(await a!.sessions.list.find("s")).toBeUndefined();
    // One that has never seen it learns of it by its first call.
    await expect(call(await start("d"), session)).rejects.toThrow(/an operator ended it/);
  });

  it("are over for all when their client or their server says so at one, and when two say so it is told once", async () => {
    const start = installation();
    const [a, b] = await Promise.all([start("a"), start("b")]);
    const session = seen("s");
    await begin(a, session);
    await call(b, session);
    const [first, second] = await Promise.all([
      a.sessions.over("s", "deleted"),
      b.sessions.over("s", "unknown_upstream"),
    ]);
    expect([first, second].filter(Boolean)).toHaveLength(1);
    expect(a.over.length + b.over.length).toBe(1);
    await vi.waitFor(() => expect(call(b, session)).rejects.toThrow(/initialize again/));
  });

  it("have one caller for each id of a server: the one before is over everywhere, and the server is not told", async () => {
    const start = installation();
    const [a, b, c] = await Promise.all([start("a"), start("b"), start("c")]);
    const alices = seen("a", { user: "alice", upstreamId: "1" });
    await begin(a, alices);
    const stream = await enter(a, alices, true);
    let cut = false;
    stream.onEnd(() => (cut = true));
    await begin(b, seen("b", { user: "bob", upstreamId: "1" }));
    await vi.waitFor(() => expect(cut).toBe(true));
    await vi.waitFor(() => expect(call(a, alices)).rejects.toThrow(/its server knows it no more/));
    await expect(call(c, alices)).rejects.toThrow(/its server knows it no more/);
    await call(c, seen("b", { user: "bob", upstreamId: "1" }));
    expect([...a.over, ...b.over, ...c.over].map(([which, reason]) => [which, reason])).toEqual([
      ["a", "unknown_upstream"],
    ]);
    expect([...a.told, ...b.told, ...c.told]).toEqual([]);
  });

  it("of two with one id of a server that none has seen begin, the later one goes on, and neither of the same second", async () => {
    const start = installation();
    const [a, b] = await Promise.all([start("a"), start("b")]);
    const at = Math.floor(Date.now() / 1_000) * 1_000;
    const by = (user: string, createdAt: number) => seen(user, { user, createdAt, upstreamId: "1" });
    await call(a, by("bob", at - 20_000));
    await expect(call(b, by("alice", at - 30_000))).rejects.toThrow(/knows it no more/);
    await call(b, by("carol", at - 10_000));
    await vi.waitFor(() => expect(call(a, by("bob", at - 20_000))).rejects.toThrow(/knows it no more/));
    await expect(call(a, by("dave", at - 10_000))).rejects.toThrow(/knows it no more/);
    await vi.waitFor(() => expect(call(b, by("carol", at - 10_000))).rejects.toThrow(/knows it no more/));
  });

  it("ask for nothing with each call, only for what is seen for the first time", async () => {
    const start = installation();
    const [a, b] = await Promise.all([start("a"), start("b")]);
    await begin(a, seen("s"));
    await call(b, seen("s"));
    expect(a.sessions.enter(seen("s"), { calls: 1, stream: false })).not.toBeInstanceOf(Promise);
    expect(b.sessions.enter(seen("s"), { calls: 1, stream: false })).not.toBeInstanceOf(Promise);
  });

  it("are not ended by a replica that they left, and are once none uses them", async () => {
    const start = installation({ idleMs: 3_000 });
    const [a, b] = await Promise.all([start("a"), start("b")]);
    const session = seen("s");
    await begin(a, session);
    // Until the one that it left has forgotten it, which it does after the idle time.
    await vi.waitFor(
      async () => {
        await call(b, session);
        expect(a.sessions.table.get("s")).toBeUndefined();
      },
      { interval: 50, timeout: 60_000 },
    );
    await call(b, session);
    await call(a, session);
    expect([a.over, b.over]).toEqual([[], []]);
    await vi.waitFor(() => expect([...a.over, ...b.over]).toEqual([["s", "idle", 0]]), { timeout: 60_000 });
    expect([...a.told, ...b.told]).toEqual(["s"]);
    await vi.waitFor(() => expect(call(a, session)).rejects.toThrow(/not used for too long/));
  });

  it("stay while a stream is open at one of them", async () => {
    const start = installation({ idleMs: 2_000 });
    const [a, b] = await Promise.all([start("a"), start("b")]);
    await Promise.all([begin(a, seen("listening")), begin(a, seen("silent"))]);
    const stream = await enter(b, seen("listening"), true);
    await vi.waitFor(() => expect([...a.over, ...b.over]).toEqual([["silent", "idle", 0]]), {
      timeout: 60_000,
    });
    expect(await a.sessions.list.find("listening")).toMatchObject({ running: { calls: 0, streams: 1 } });
    stream.leave();
    await vi.waitFor(() => expect(a.over.length + b.over.length).toBe(2), { timeout: 60_000 });
  });

  it("end when their longest time is up, calls that run elsewhere let finish", async () => {
    const start = installation({ maxDurationMs: 3_000 }, 0);
    const [a, b] = await Promise.all([start("a"), start("b")]);
    const session = seen("s");
    await begin(a, session);
    const running = await enter(b, session);
    await vi.waitFor(() => expect(call(a, session)).rejects.toThrow(/as long as a session may/), {
      timeout: 60_000,
    });
    await vi.waitFor(
      async () => expect(await a.sessions.list.find("s")).toMatchObject({ running: { calls: 1 } }),
      { timeout: 60_000 },
    );
    expect([...a.over, ...b.over]).toEqual([]);
    running.leave();
    await vi.waitFor(() => expect([...a.over, ...b.over]).toEqual([["s", "expired", 0]]), {
      timeout: 60_000,
    });
  });

  it("end with their streams when their longest time is up, wherever these are open", async () => {
    const start = installation({ maxDurationMs: 3_000 }, 0);
    const [a, b] = await Promise.all([start("a"), start("b")]);
    const session = seen("s");
    await begin(a, session);
    const streams = await Promise.all([enter(a, session, true), enter(b, session, true)]);
    const ended = new Set<SessionUse>();
    for (const stream of streams) {
      stream.onEnd(() => void ended.add(stream));
    }
    await vi.waitFor(() => expect(ended).toEqual(new Set(streams)), { timeout: 60_000 });
    expect([...a.over, ...b.over]).toEqual([["s", "expired", 1]]);
    expect([...a.told, ...b.told]).toEqual(["s"]);
  });

  it("are capped for a principal over all of them, also at the same time", async () => {
    const start = installation({ maxPerPrincipal: 5 });
    const [a, b] = await Promise.all([start("a"), start("b")]);
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, at) => begin(at % 2 ? a : b, seen(`s${at}`))),
    );
    expect(results.filter((result) => result === null)).toHaveLength(5);
    expect(results.find((result) => result !== null)).toContain("5 sessions, which is your limit");
    expect(a.refused.length + b.refused.length).toBe(15);
    expect(await begin(a, seen("other", { user: "bob" }))).toBeNull();
    // One that was given up, and one that has ended, give their places back.
    const admission = await a.sessions.admit(seen("x", { user: "carol" }).caller);
    expect(admission.refused).toBeNull();
    const page = await b.sessions.list.page(Infinity, 100, ({ caller }) => caller.principal.id === "alice");
    await b.sessions.end(page.sessions[0]!.fingerprint, "ended");
    expect(await begin(a, seen("next"))).toBeNull();
    expect(await begin(b, seen("one too many"))).toContain("your limit");
  });

  it("give way to others of their principal when they are unused at all of them, and at none when they are in use", async () => {
    const start = installation({ maxPerPrincipal: 2, displaceAfterMs: 0 });
    const [a, b] = await Promise.all([start("a"), start("b")]);
    await begin(a, seen("used"));
    await begin(a, seen("unused"));
    const stream = await enter(b, seen("used"), true);
    await vi.waitFor(async () =>
      expect(await a.sessions.list.find("used")).toMatchObject({ running: { streams: 1 } }),
    );
    expect(await begin(b, seen("new"))).toBeNull();
    expect(b.over).toEqual([["unused", "displaced", 0]]);
    expect(b.told).toEqual(["unused"]);
    await vi.waitFor(() => expect(call(a, seen("unused"))).rejects.toThrow(/needed its place/));
    stream.leave();
  });

  it("are not ended by a replica that is full, where they may be in use at another one", async () => {
    const start = installation({ max: 1, displaceAfterMs: 0 });
    const [a, b] = await Promise.all([start("a"), start("b")]);
    await begin(a, seen("s"));
    const running = await enter(b, seen("s"));
    await begin(a, seen("t"));
    expect([...a.sessions.table.all()].map(({ fingerprint }) => fingerprint)).toEqual(["t"]);
    // Redis has done all that it was asked before.
    expect(await b.sessions.list.find("s")).toMatchObject({ running: { calls: 1 } });
    expect([...a.over, ...b.over]).toEqual([]);
    running.leave();
    await call(b, seen("s"));
  });

  it("that were used while Redis was away are not ended before all had time to tell of their use", async () => {
    const a = await installation({ idleMs: 400 }, HOUR)("a");
    await begin(a, seen("s"));
    const started = Date.now();
    await vi.waitFor(() => expect(Date.now() - started).toBeGreaterThan(2_000), { timeout: 30_000 });
    expect(a.over).toEqual([]);
    expect(await a.sessions.list.find("s")).toMatchObject({ fingerprint: "s" });
  });

  it("end with the replica that held their processes, once, and no others", async () => {
    const start = installation();
    const [a, b] = await Promise.all([start("a"), start("b")]);
    const held = (name: string, holder: string) =>
      seen(name, { transport: "pipe", upstreamId: heldId(holder, name) });
    await begin(a, held("one", "lost"));
    await begin(a, held("two", "lost"));
    await begin(a, held("three", "kept"));
    await begin(b, seen("four"));
    await Promise.all([a.sessions.replicaLost("lost"), b.sessions.replicaLost("lost")]);
    const over = [...a.over, ...b.over].map(([name, reason]) => `${name} ${reason}`);
    expect(over.toSorted((one, other) => one.localeCompare(other))).toEqual(["one died", "two died"]);
    await vi.waitFor(() => expect(call(b, held("one", "lost"))).rejects.toThrow(/initialize again/));
    const [dead, ended] = [await lasts("one"), await lasts("three", a.sessions.end("three", "ended"))];
    expect(dead).toBeLessThanOrEqual(HOUR);
    expect(ended).toBeGreaterThan(23 * HOUR);
    const page = await b.sessions.list.page(Infinity, 10, () => true);
    expect(page.sessions.map(({ fingerprint }) => fingerprint)).toEqual(["four"]);
  });

  it("are listed page by page by any of them, with what runs in them, and of no other installation", async () => {
    const start = installation();
    const [a, b] = await Promise.all([start("a"), start("b")]);
    const other = await installation()("x");
    await begin(other, seen("foreign"));
    for (let at = 0; at < 7; at += 1) {
      await begin(at % 2 ? a : b, seen(`s${at}`));
    }
    const use = await enter(a, seen("s3"));
    const names: string[] = [];
    let before: number | null = Infinity;
    while (before !== null) {
      const page: Awaited<ReturnType<SessionsOfAll["list"]["page"]>> = await b.sessions.list.page(
        before,
        3,
        () => true,
      );
      expect(page.of).toBe("all");
      names.push(...page.sessions.map(({ fingerprint }) => fingerprint));
      before = page.next;
    }
    expect(names).toEqual(["s6", "s5", "s4", "s3", "s2", "s1", "s0"]);
    await vi.waitFor(async () =>
      expect(await b.sessions.list.find("s3")).toMatchObject({
        replica: "a",
        calls: 2,
        running: { calls: 1, streams: 0 },
      }),
    );
    use.leave();
  });

  it("show nothing of callers and servers to who reads Redis, and each key there ends by itself", async () => {
    const start = installation();
    const a = await start("a");
    await begin(a, seen("s", { user: "secret-user" }));
    await a.sessions.admit(seen("t", { user: "secret-user" }).caller);
    const keys = (await redis.command("KEYS", "t:session:*"))
      .split("\r\n")
      .filter((key) => key.startsWith("t:"));
    expect(keys.length).toBeGreaterThan(4);
    for (const key of keys) {
      const ttl = /:(-?\d+)/.exec(await redis.command("PTTL", key))?.[1];
      expect([key, Number(ttl) > 0]).toEqual([key, true]);
      expect(key).not.toContain("secret-user");
    }
    const hash = keys.find((key) => key.endsWith(":s:s")) ?? "";
    const written = await redis.command("HGETALL", hash);
    expect(written).toContain("session");
    expect(written).not.toMatch(/secret-user|upstream-s|acme/);
  });

  it("are those of each replica while Redis is away, and what was ended then is over for all when it is back", async () => {
    const start = installation({ maxPerPrincipal: 2 }, undefined, HANGING_MS);
    const [a, b] = await Promise.all([start("a"), start("b")]);
    await begin(a, seen("s"));
    expect((await enter(b, seen("s"))).scope).toBe("shared");
    redis.freeze();
    try {
      await vi.waitFor(async () => {
        const admission = await a.sessions.admit(seen("x").caller);
        expect(admission).toMatchObject({ refused: null, scope: "fallback" });
        (admission as { release(): void }).release();
      });
      expect((await enter(a, seen("s"))).scope).toBe("fallback");
      expect((await a.sessions.list.page(Infinity, 10, () => true)).of).toBe("replica");
      await a.sessions.end("s", "ended");
      expect(a.over).toEqual([["s", "ended", 1]]);
      // Here it is not known.
      await vi.waitFor(() => expect(b.state.status.up).toBe(true));
    } finally {
      redis.thaw();
    }
    await vi.waitFor(() => expect([a.state.status.up, b.state.status.up]).toEqual([true, true]), {
      timeout: 30_000,
    });
    await vi.waitFor(() => expect(call(b, seen("s"))).rejects.toThrow(/an operator ended it/), {
      timeout: 30_000,
    });
    expect(b.over).toEqual([]);
  });

  it("go on when Redis has lost all that it knew: each is known again with its next call", async () => {
    const start = installation();
    const [a, b] = await Promise.all([start("a"), start("b")]);
    await begin(a, seen("s"));
    await begin(a, seen("t"));
    const stream = await enter(b, seen("t"), true);
    await redis.restart();
    await vi.waitFor(() => expect([a.state.status.times, b.state.status.times]).toEqual([2, 2]), {
      timeout: 30_000,
    });
    await call(a, seen("s"));
    await vi.waitFor(
      async () => {
        const page = await b.sessions.list.page(Infinity, 10, () => true);
        expect(page.sessions.map(({ fingerprint }) => fingerprint).toSorted()).toEqual(["s", "t"]);
      },
      { timeout: 30_000 },
    );
    stream.leave();
    expect([a.over, b.over]).toEqual([[], []]);
  });
});
