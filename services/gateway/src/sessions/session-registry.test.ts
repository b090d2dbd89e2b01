import { afterEach, describe, expect, it } from "vitest";
import type { Principal } from "../domain/principal.ts";
import type { SeenSession, SessionEndReason } from "../domain/sessions.ts";
import { sessionCheck } from "./health-check.ts";
import type { SessionLimits } from "./session-limits.ts";
import { createSessionRegistry, type SessionRegistry } from "./session-registry.ts";

const MINUTE = 60_000;
const LIMITS: SessionLimits = {
  maxPerPrincipal: 2,
  max: 1_000,
  idleMs: 30 * MINUTE,
  maxDurationMs: 24 * 60 * MINUTE,
  displaceAfterMs: MINUTE,
};

const registries: SessionRegistry[] = [];
afterEach(() => {
  for (const registry of registries.splice(0)) {
    registry.close();
  }
});

function scene(limits: Partial<SessionLimits> = {}) {
  let at = Date.UTC(2026, 6, 28);
  let elapsed = 0;
  const over: [string, SessionEndReason, number][] = [];
  const refused: string[] = [];
  const told: string[] = [];
  const registry = createSessionRegistry({
    limits: { ...LIMITS, ...limits },
    now: () => elapsed,
    wallTime: () => at,
    observer: {
      sessionOver: ({ fingerprint, reason, cut }) => void over.push([fingerprint, reason, cut]),
      sessionRefused: ({ limit }) => void refused.push(limit),
    },
  });
  registry.onEnd(({ fingerprint }) => void told.push(fingerprint));
  registries.push(registry);

  const seen = (fingerprint: string, user = "alice", kind: SeenSession["kind"] = "session"): SeenSession => ({
    fingerprint,
    kind,
    server: "tools",
    transport: "tcp",
    upstreamId: kind === "session" ? `up-${fingerprint}` : null,
    createdAt: at,
    caller: callerOf(user),
    protocolVersion: null,
    client: () => null,
  });
  return {
    registry,
    over,
    refused,
    told,
    seen,
    pass(ms: number) {
      at += ms;
      elapsed += ms;
    },
    setClock: (byMs: number) => void (at += byMs),
    open(fingerprint: string, user = "alice") {
      const admission = registry.admit(callerOf(user));
      if (admission.refused === null) {
        void admission.opened(seen(fingerprint, user));
      }
      return admission;
    },
    /** A call of it that is served at once; how it was refused, or `null`. */
    call(session: SeenSession) {
      const use = registry.enter(session, { calls: 1, stream: false });
      if (use.refused === null) {
        use.leave();
        return null;
      }
      return use.message;
    },
  };
}

function callerOf(id: string) {
  const principal: Principal = {
    id,
    type: "user",
    actor: null,
    tenant: null,
    roles: [],
    attributes: {},
    method: "jwt",
  };
  return { principal, correlationId: "c", clientAddress: "127.0.0.1", credential: "k", traceHeaders: {} };
}

const IN_USE = { calls: 1, stream: false };

describe("caps of sessions [GTW-2]", () => {
  it("a further session ends the longest unused one of its principal, once it is unused for a while", () => {
    const { open, pass, over, told, refused, registry, call, seen } = scene();
    open("a");
    pass(1);
    open("b");
    expect(open("c")).toMatchObject({ refused: "too_many", retryAfterSeconds: 60 });
    expect(refused).toEqual(["principal"]);
    pass(MINUTE);
    expect(open("c").refused).toBeNull();
    expect(over).toEqual([["a", "displaced", 0]]);
    expect(told).toEqual(["a"]);
    expect([...registry.table.all()].map(({ fingerprint }) => fingerprint)).toEqual(["b", "c"]);
    expect(call(seen("a"))).toContain("another session of the same caller needed its place");
  });

  it("those in use do not give way, and other principals' are not touched", () => {
    const { open, pass, registry, seen, refused } = scene();
    for (const name of ["a", "b"]) {
      open(name);
      registry.enter(seen(name), IN_USE);
    }
    open("c", "bob");
    pass(10 * MINUTE);
    expect(open("d")).toMatchObject({ refused: "too_many" });
    expect(open("d", "bob").refused).toBeNull();
    expect(refused).toEqual(["principal"]);
  });

  it("sessions that are being opened count, until they are given up", () => {
    const { registry } = scene();
    const [one] = [registry.admit(callerOf("alice")), registry.admit(callerOf("alice"))];
    expect(registry.admit(callerOf("alice")).refused).toBe("too_many");
    if (one?.refused === null) {
      one.release();
      one.release();
    }
    expect(registry.admit(callerOf("alice")).refused).toBeNull();
    expect(registry.admit(callerOf("alice")).refused).toBe("too_many");
  });

  it("ids that were given out elsewhere have no way around them", () => {
    const { call, seen, refused } = scene();
    expect([call(seen("a")), call(seen("b"))]).toEqual([null, null]);
    expect(call(seen("c"))).toContain("2 sessions");
    expect(refused).toEqual(["principal"]);
  });

  it("a replica that is full refuses all but those that have one of their own to give way", () => {
    const { call, seen, open, refused, pass, over } = scene({ max: 2 });
    open("a");
    call(seen("activity of bob", "bob", "activity"));
    expect(call(seen("activity of eve", "eve", "activity"))).toContain("as many sessions as it may");
    expect(open("e", "eve").refused).toBe("too_many");
    expect(refused).toEqual(["replica", "replica"]);
    pass(MINUTE);
    expect(open("b", "bob").refused).toBeNull();
    expect(over).toEqual([["activity of bob", "displaced", 0]]);
  });
});

describe("the time of sessions [GTW-2]", () => {
  it("an unused one ends, its server is told once, and its id is of no use any more", () => {
    const { open, call, seen, pass, over, told } = scene();
    open("a");
    pass(30 * MINUTE - 1);
    expect(call(seen("a"))).toBeNull();
    pass(30 * MINUTE);
    expect(call(seen("a"))).toContain("it was not used for too long; initialize again");
    expect(call(seen("a"))).toContain("it was not used for too long; initialize again");
    expect([over, told]).toEqual([[["a", "idle", 0]], ["a"]]);
  });

  it("one in use is not idle: a call that runs or a stream that is open", () => {
    const { open, registry, seen, pass, over, call } = scene();
    open("a");
    const stream = registry.enter(seen("a"), { calls: 0, stream: true });
    pass(60 * MINUTE);
    expect(call(seen("a"))).toBeNull();
    if (stream.refused === null) {
      stream.leave();
    }
    pass(30 * MINUTE);
    expect(call(seen("a"))).toContain("not used");
    expect(over).toEqual([["a", "idle", 0]]);
  });

  it("a session takes no request after the longest time, used or not; calls that run may end, streams do not keep it", () => {
    const { open, registry, seen, pass, over, call } = scene({ idleMs: 31 * 24 * 60 * MINUTE });
    const session = seen("a");
    open("a");
    const running = registry.enter(session, IN_USE);
    const stream = registry.enter(session, { calls: 0, stream: true });
    let streamEnded = false;
    if (running.refused !== null || stream.refused !== null) {
      throw new Error("refused");
    }
    stream.onEnd(() => (streamEnded = true));
    pass(24 * 60 * MINUTE);
    expect(call(session)).toContain("as long as a session may");
    expect(over).toEqual([]);
    running.leave();
    expect([over, streamEnded]).toEqual([[["a", "expired", 1]], true]);
    expect(call(session)).toContain("as long as a session may");
  });

  it("those that begin after the clock of the machine was set back last their time, and so do those before", () => {
    const { open, call, seen, pass, setClock, over } = scene({ idleMs: 10_000, maxDurationMs: 20_000 });
    const before = seen("before");
    open("before");
    setClock(-3_600_000);
    const later = seen("later");
    open("later");
    expect(call(later)).toBeNull();
    for (let second = 0; second < 20; second += 5) {
      pass(5_000);
      call(later);
    }
    expect(call(later)).toContain("lasted for as long as a session may");
    // Not used for ten seconds, whatever the clock says.
    expect(call(before)).toContain("not used");
    expect(over).toEqual([
      ["later", "expired", 0],
      ["before", "idle", 0],
    ]);
  });

  it("the longest time holds for one that began before a restart: its server is told once", () => {
    const { call, seen, pass, over, told } = scene();
    const session = seen("a");
    pass(24 * 60 * MINUTE);
    expect([call(session), call(session)]).toEqual([
      expect.stringContaining("as long as"),
      expect.stringContaining("as long as"),
    ]);
    expect([over, told]).toEqual([[["a", "expired", 0]], ["a"]]);
  });

  it("what is done without a session ends, too, and begins anew", () => {
    const { call, seen, pass, over, registry } = scene();
    const activity = seen("x", "alice", "activity");
    call(activity);
    call(activity);
    expect(registry.table.get("x")).toMatchObject({ calls: 2 });
    pass(30 * MINUTE);
    expect(call(activity)).toBeNull();
    expect(registry.table.get("x")).toMatchObject({ calls: 1 });
    expect(over).toEqual([["x", "idle", 0]]);
  });
});

describe("the end of a session [GTW-2]", () => {
  it("by an operator cuts what runs, at once or as soon as it can be cut, and tells its server", () => {
    const { open, registry, seen, over, told, call } = scene();
    open("a");
    const [early, late] = [registry.enter(seen("a"), IN_USE), registry.enter(seen("a"), IN_USE)];
    const cut: string[] = [];
    if (early.refused !== null || late.refused !== null) {
      throw new Error("refused");
    }
    early.onEnd(() => cut.push("early"));
    void registry.end("a", "ended");
    late.onEnd(() => cut.push("late"));
    expect(cut).toEqual(["early", "late"]);
    early.leave();
    late.leave();
    void registry.end("a", "ended");
    // What its server then says of it does not take the place of the reason.
    void registry.over("a", "deleted");
    expect([over, told]).toEqual([[["a", "ended", 2]], ["a"]]);
    expect(call(seen("a"))).toContain("an operator ended it");
  });

  it("by its client ends its streams alone, and needs not be told to the server", () => {
    const { open, registry, seen, over, told, call } = scene();
    open("a");
    const stream = registry.enter(seen("a"), { calls: 0, stream: true });
    const running = registry.enter(seen("a"), IN_USE);
    const cut: string[] = [];
    if (stream.refused !== null || running.refused !== null) {
      throw new Error("refused");
    }
    stream.onEnd(() => cut.push("stream"));
    running.onEnd(() => cut.push("call"));
    void registry.over("a", "deleted");
    expect([over, told, cut]).toEqual([[["a", "deleted", 1]], [], ["stream"]]);
    expect(call(seen("a"))).toContain("its client ended it");
  });

  it("one that ended at another part of the gateway before it was seen here is not taken up", () => {
    const { registry, seen, call } = scene();
    void registry.over("a", "died");
    expect(call(seen("a"))).toContain("its server process ended");
  });
});

describe("what sessions hold here [GTW-2]", () => {
  it("is bounded however many are opened and abandoned, and free when they are over", () => {
    const { open, call, seen, pass, registry, over } = scene({ max: 500, maxPerPrincipal: 10 });
    for (let at = 0; at < 10_000; at += 1) {
      open(`s${at}`, `user-${at % 100}`);
      call(seen(`activity of ${at}`, `other-${at}`, "activity"));
      expect(registry.table.size).toBeLessThanOrEqual(500);
      pass(1_000);
    }
    expect(over.length).toBeGreaterThan(1_000);
    pass(30 * MINUTE);
    for (const { fingerprint, caller, kind } of registry.table.all()) {
      call(seen(fingerprint, caller.principal.id, kind));
      void registry.end(fingerprint, "ended");
    }
    expect([registry.table.size, registry.table.principals()]).toEqual([0, { user: 0, agent: 0 }]);
  });

  it("says in health that it is full, and what to do", async () => {
    const { registry, open } = scene({ max: 1 });
    const { check } = sessionCheck(registry);
    const signal = new AbortController().signal;
    expect(await check(signal)).toEqual({ details: { open: 0, max: 1 } });
    open("a");
    await expect(check(signal)).rejects.toThrow(/sessions\.max are taken/);
    void registry.end("a", "ended");
    expect(await check(signal)).toMatchObject({ details: { open: 0 } });
  });

  it("counts principals once, however many sessions they have", () => {
    const { open, registry, call, seen } = scene();
    open("a");
    open("b");
    call(seen("x", "bob", "activity"));
    expect(registry.table.principals()).toEqual({ user: 2, agent: 0 });
    void registry.end("a", "ended");
    expect(registry.table.principals()).toEqual({ user: 2, agent: 0 });
    void registry.end("b", "ended");
    expect(registry.table.principals()).toEqual({ user: 1, agent: 0 });
  });
});

describe("callers whose server calls their sessions by one id [GTW-2]", () => {
  const sameId = (session: SeenSession): SeenSession => ({ ...session, upstreamId: "1" });

  it("the one before is over when the server opens another: it has begun anew, and is not told of the end", () => {
    const { registry, seen, pass, call, over, told } = scene();
    const [alices, bobs] = [sameId(seen("a", "alice")), sameId(seen("b", "bob"))];
    expect(call(alices)).toBeNull();
    let isEnded = false;
    const stream = registry.enter(alices, { calls: 0, stream: true });
    if (stream.refused === null) {
      stream.onEnd(() => (isEnded = true));
    }
    pass(10);
    const admission = registry.admit(callerOf("bob"));
    void (admission.refused === null && admission.opened(bobs));
    expect(isEnded).toBe(true);
    expect(over).toEqual([["a", "unknown_upstream", 1]]);
    expect(told).toEqual([]);
    expect(call(alices)).toContain("its server knows it no more");
    expect(call(bobs)).toBeNull();
  });

  it("of two that were begun elsewhere the later one has it, whichever comes first, and neither of the same second", () => {
    const { seen, pass, call } = scene();
    const first = sameId(seen("a", "alice"));
    pass(1_000);
    const second = sameId(seen("b", "bob"));
    pass(1_000);
    const third = sameId(seen("c", "carol"));
    const fourth = sameId(seen("d", "dave"));
    expect(call(second)).toBeNull();
    expect(call(first)).toContain("its server knows it no more");
    expect(call(third)).toBeNull();
    expect(call(second)).toContain("its server knows it no more");
    expect(call(fourth)).toContain("its server knows it no more");
    expect(call(third)).toContain("its server knows it no more");
  });
});
