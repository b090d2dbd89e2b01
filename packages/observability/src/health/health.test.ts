import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createHealth, type Health, type HealthOptions } from "./create-health.ts";
import type { CheckResult, HealthCheck } from "./types.ts";

const opened: Health[] = [];

function health(checks: readonly HealthCheck[], options: Partial<HealthOptions> = {}): Health {
  const created = createHealth({ checks, version: "1.2.3", ...options });
  opened.push(created);
  return created;
}

/** A dependency whose state the test sets. */
function dependency(overrides: Partial<HealthCheck> = {}) {
  const state = { works: true, calls: 0 };
  const check: HealthCheck = {
    name: "db",
    component: "database",
    required: true,
    check: () => {
      state.calls++;
      return state.works ? Promise.resolve() : Promise.reject(new Error("connection refused"));
    },
    ...overrides,
  };
  return { state, check };
}

function unreadable(): Error {
  return Object.defineProperty(new Error("x"), "message", {
    get: () => {
      throw new Error("no");
    },
  });
}

const componentOf = async (of: Health, name = "db") =>
  (await of.detailed()).body.components.find((component) => component.name === name);

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse("2026-01-02T03:04:05Z") });
});
afterEach(() => {
  for (const one of opened.splice(0)) {
    one.close();
  }
  vi.useRealTimers();
});

describe("liveness", () => {
  it("looks at no dependency [HLT-1] [HLT-2]", () => {
    const { state, check } = dependency();
    state.works = false;
    const h = health([check]);
    vi.advanceTimersByTime(90_000);
    expect(h.live()).toEqual({ status: "ok", version: "1.2.3", uptime_seconds: 90 });
    expect(state.calls).toBe(0);
  });
});

describe("readiness", () => {
  it("is 503 before the first result of a required check, and 200 once it is there [HLT-2]", async () => {
    let respond = () => {};
    const { check } = dependency({ check: () => new Promise<void>((resolve) => (respond = resolve)) });
    const h = health([check]);
    h.start();
    const early = h.ready();
    await vi.advanceTimersByTimeAsync(500);
    expect(await early).toMatchObject({
      status: 503,
      body: { status: "unknown", failing: { db: "unknown" } },
    });
    respond();
    await vi.advanceTimersByTimeAsync(0);
    expect(await h.ready()).toMatchObject({
      status: 200,
      body: { status: "ok", draining: false, failing: {} },
    });
  });

  it("turns 503 when a required dependency goes down, and back when it returns [HLT-2]", async () => {
    const { state, check } = dependency();
    const h = health([check]);
    h.start();
    await vi.advanceTimersByTimeAsync(0);
    expect((await h.ready()).status).toBe(200);
    state.works = false;
    await vi.advanceTimersByTimeAsync(6_000);
    expect(await h.ready()).toMatchObject({ status: 503, body: { status: "down", failing: { db: "down" } } });
    state.works = true;
    await vi.advanceTimersByTimeAsync(6_000);
    expect(await h.ready()).toMatchObject({ status: 200, body: { status: "ok" } });
  });

  it("only degrades when an optional dependency is down [HLT-2]", async () => {
    const required = dependency();
    const optional = dependency({ name: "splunk", component: "siem", required: false });
    optional.state.works = false;
    const h = health([required.check, optional.check]);
    h.start();
    await vi.advanceTimersByTimeAsync(0);
    expect(await h.ready()).toMatchObject({
      status: 200,
      body: { status: "degraded", failing: { splunk: "down" } },
    });
    expect((await h.detailed()).status).toBe(200);
  });

  it("is 503 while draining, whatever works [HLT-2]", async () => {
    const { check } = dependency();
    const h = health([check]);
    h.start();
    await vi.advanceTimersByTimeAsync(0);
    h.setDraining(true);
    expect(await h.ready()).toMatchObject({ status: 503, body: { status: "ok", draining: true } });
    expect((await h.detailed()).status).toBe(503);
    expect(h.live().status).toBe("ok");
    h.setDraining(false);
    expect(await h.ready()).toMatchObject({ status: 200, body: { status: "ok", draining: false } });
  });

  it("tells once of each change of a dependency, with what it failed by [HLT-1]", async () => {
    const { state, check } = dependency();
    const told: unknown[] = [];
    const h = health([check], { observer: { statusChanged: (event) => void told.push(event) } });
    h.start();
    await vi.advanceTimersByTimeAsync(20_000);
    state.works = false;
    await vi.advanceTimersByTimeAsync(20_000);
    state.works = true;
    await vi.advanceTimersByTimeAsync(20_000);
    const failed = expect.objectContaining({ message: "connection refused" }) as unknown;
    const of = { name: "db", required: true };
    expect(told).toEqual([
      { ...of, from: "unknown", to: "ok", error: null },
      { ...of, from: "ok", to: "degraded", error: failed },
      { ...of, from: "degraded", to: "down", error: failed },
      { ...of, from: "down", to: "ok", error: null },
    ]);
  });

  it("without checks is 200 [HLT-1]", async () => {
    expect((await health([]).ready()).status).toBe(200);
  });
});

describe("a stampede", () => {
  it("of 50 probes at once makes one check [HLT-2]", async () => {
    const { state, check } = dependency();
    const h = health([check]);
    const responses = await Promise.all(
      Array.from({ length: 50 }, (_, i) => (i % 2 ? h.ready() : h.detailed())),
    );
    expect(state.calls).toBe(1);
    expect(new Set(responses.map((response) => response.status))).toEqual(new Set([200]));
  });

  it("of probes one after another makes no more checks than the interval allows [HLT-2]", async () => {
    const { state, check } = dependency({ intervalMs: 2_000 });
    const h = health([check]);
    for (let i = 0; i < 100; i++) {
      await h.ready();
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(state.calls).toBeGreaterThanOrEqual(4);
    expect(state.calls).toBeLessThanOrEqual(6);
  });

  it("does not reach a dependency that is being watched in the background anyway [HLT-2]", async () => {
    const { state, check } = dependency();
    const h = health([check]);
    h.start();
    h.start();
    await vi.advanceTimersByTimeAsync(20_000);
    const calls = state.calls;
    expect(calls).toBe(5);
    await Promise.all(Array.from({ length: 50 }, () => h.ready()));
    expect(state.calls).toBe(calls);
  });
});

describe("a check that hangs", () => {
  it("is given up after its timeout though it ignores its signal, and holds no probe up [HLT-2]", async () => {
    let signal: AbortSignal | undefined;
    const { check } = dependency({
      timeoutMs: 300,
      check: (given) => {
        signal = given;
        return new Promise(() => {});
      },
    });
    const h = health([check]);
    h.start();
    const probe = h.ready();
    await vi.advanceTimersByTimeAsync(300);
    expect(await probe).toMatchObject({ status: 503, body: { status: "down" } });
    expect(signal?.aborted).toBe(true);
    expect(await componentOf(h)).toMatchObject({
      status: "down",
      latency_ms: 300,
      last_success: null,
      last_failure_message: "no response within 300 ms",
    });
  });

  it("does not pile up: one new attempt in half a minute while the old one hangs [HLT-2]", async () => {
    let calls = 0;
    const { check } = dependency({ check: () => new Promise(() => calls++) });
    const h = health([check]);
    h.start();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(calls).toBeLessThanOrEqual(5);
    expect(await componentOf(h)).toMatchObject({
      status: "down",
      last_failure_message: expect.stringMatching(/^still no response to the check of 2026-01-02T/),
    });
  });

  it("that heeds its signal is asked again as usual, and recovers [HLT-2]", async () => {
    let hangs = true;
    const { check } = dependency({
      check: (signal) =>
        new Promise<void>((resolve, reject) => {
          if (!hangs) {
            resolve();
          }
          signal.addEventListener("abort", () => reject(new Error("aborted")));
        }),
    });
    const h = health([check]);
    h.start();
    await vi.advanceTimersByTimeAsync(2_000);
    expect((await h.ready()).status).toBe(503);
    hangs = false;
    await vi.advanceTimersByTimeAsync(8_000);
    expect((await h.ready()).status).toBe(200);
  });

  it("responds to a probe within half a second, even the first one [HLT-2]", async () => {
    const { check } = dependency({ check: () => new Promise(() => {}) });
    const h = health([check]);
    let responded = false;
    void h.ready().then(() => (responded = true));
    await vi.advanceTimersByTimeAsync(499);
    expect(responded).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(responded).toBe(true);
  });

  it("is told to stop when health is closed [HLT-2]", async () => {
    let signal: AbortSignal | undefined;
    const { check } = dependency({
      check: (given) => {
        signal = given;
        return new Promise(() => {});
      },
    });
    const h = health([check]);
    h.start();
    await vi.advanceTimersByTimeAsync(10);
    h.close();
    expect(signal?.aborted).toBe(true);
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("a check that fails", () => {
  it.each<[string, HealthCheck["check"], string]>([
    [
      "at once",
      () => {
        throw new Error("thrown synchronously");
      },
      "thrown synchronously",
    ],
    ["with text", () => Promise.reject("plain text"), "plain text"],
    [
      "with an error that cannot be read",
      () => Promise.reject(unreadable()),
      "failed without giving a reason",
    ],
    ["with nothing", () => Promise.reject(undefined), "failed without giving a reason"],
    ["with an empty message", () => Promise.reject(new TypeError("")), "TypeError"],
    [
      "as Node's refused connections do",
      () => Promise.reject(new AggregateError([new Error("connect ECONNREFUSED ::1:5432")], "")),
      "connect ECONNREFUSED ::1:5432",
    ],
    ["at length", () => Promise.reject(new Error("x".repeat(1_000))), "x".repeat(300)],
  ])("%s is down, with its reason [HLT-2]", async (_how, check, message) => {
    const h = health([dependency({ check }).check]);
    expect((await h.ready()).status).toBe(503);
    expect(await componentOf(h)).toMatchObject({ status: "down", last_failure_message: message });
  });

  it("gives no secret away, nor in its message and details when it works [HLT-1] [LOG-2]", async () => {
    const failing = dependency({
      check: () => Promise.reject(new Error("cannot reach postgres://sark:s3cret@db:5432, token=abc123")),
    });
    const working = dependency({
      name: "splunk",
      component: "siem",
      check: () =>
        Promise.resolve({
          message: "connected with Bearer abcdef123456",
          details: { url: "https://u:p4ss@h/", token: "t0k", breaker: "closed", backlog: 3 },
        }),
    });
    const h = health([failing.check, working.check]);
    await h.ready();
    const shown = JSON.stringify((await h.detailed()).body);
    for (const secret of ["s3cret", "abc123", "abcdef123456", "p4ss", "t0k"]) {
      expect(shown).not.toContain(secret);
    }
    expect(await componentOf(h, "splunk")).toMatchObject({
      message: "connected with Bearer [redacted]",
      details: { url: "https://u:[redacted]@h/", token: "[redacted]", breaker: "closed", backlog: 3 },
    });
  });

  it.each([
    ["works", () => Promise.resolve({ details: { asked: true } }), { asked: true }],
    ["fails", () => Promise.reject(new Error("refused")), {}],
    ["hangs", () => new Promise<void>(() => undefined), {}],
  ])(
    "shows what is known without asking, as it is now, when the check %s [HLT-1]",
    async (_how, check, asked) => {
      let backlog = 1;
      const known = () => ({ backlog, token: "t0k" });
      const h = health([dependency({ check, known }).check]);
      const reporting = h.detailed();
      await vi.advanceTimersByTimeAsync(1_000);
      await reporting;
      backlog = 2;
      expect((await componentOf(h))?.details).toEqual({ ...asked, backlog: 2, token: "[redacted]" });
    },
  );

  it("reports the others when what is known of one cannot be said [HLT-2]", async () => {
    const known = () => {
      throw unreadable();
    };
    expect(await componentOf(health([dependency({ known }).check]))).toMatchObject({
      status: "ok",
      details: null,
    });
  });
});

it("reads degraded, and stays ready, while a required dependency works and says that it will not [HLT-1]", async () => {
  const state = { degraded: true, works: true };
  const { check } = dependency({
    check: async () => {
      if (!state.works) {
        throw new Error("it ended");
      }
      return state.degraded ? { degraded: true, message: "it ends soon" } : {};
    },
  });
  const h = health([check]);
  h.start();
  await vi.advanceTimersByTimeAsync(0);
  expect(await h.ready()).toMatchObject({ status: 200, body: { failing: { db: "degraded" } } });
  expect(await componentOf(h)).toMatchObject({ status: "degraded", message: "it ends soon" });
  state.works = false;
  await vi.advanceTimersByTimeAsync(7_000);
  expect(await componentOf(h)).toMatchObject({ status: "down", message: "it ended" });
  // What it says of itself does not bring it back sooner.
  state.works = true;
  await vi.advanceTimersByTimeAsync(12_000);
  expect(await componentOf(h)).toMatchObject({ status: "degraded" });
  state.degraded = false;
  await vi.advanceTimersByTimeAsync(6_000);
  expect(await componentOf(h)).toMatchObject({ status: "ok", message: null });
});

describe("flapping", () => {
  it("reads degraded, not down, and does not turn readiness [HLT-2]", async () => {
    const { state, check } = dependency();
    const h = health([check]);
    h.start();
    await vi.advanceTimersByTimeAsync(0);
    const seen = new Set<string>();
    for (let i = 0; i < 30; i++) {
      state.works = i % 2 === 1;
      const before = state.calls;
      while (state.calls === before) {
        await vi.advanceTimersByTimeAsync(100);
      }
      const response = await h.ready();
      expect(response.status).toBe(200);
      seen.add(response.body.status);
    }
    expect(seen).toEqual(new Set(["degraded", "ok"]));
  });

  it("does not bring back what is down either: that takes two successes in a row [HLT-2]", async () => {
    const { state, check } = dependency();
    state.works = false;
    const h = health([check]);
    h.start();
    await vi.advanceTimersByTimeAsync(0);
    for (let i = 0; i < 10; i++) {
      state.works = i % 2 === 0;
      const before = state.calls;
      while (state.calls === before) {
        await vi.advanceTimersByTimeAsync(100);
      }
      expect((await h.ready()).status).toBe(503);
    }
    state.works = true;
    await vi.advanceTimersByTimeAsync(7_000);
    expect((await h.ready()).status).toBe(200);
  });

  it("is looked into at the shortest interval, so that going down takes about a second more [HLT-2]", async () => {
    const { state, check } = dependency();
    const h = health([check]);
    h.start();
    await vi.advanceTimersByTimeAsync(0);
    state.works = false;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await h.ready()).toMatchObject({
      status: 200,
      body: { status: "degraded", failing: { db: "degraded" } },
    });
    await vi.advanceTimersByTimeAsync(1_000);
    expect((await h.ready()).status).toBe(503);
  });
});

describe("the detailed report", () => {
  it("shows every component with status, latency, last success and message [HLT-1]", async () => {
    const { state, check } = dependency();
    const h = health([check]);
    h.start();
    await vi.advanceTimersByTimeAsync(0);
    state.works = false;
    await vi.advanceTimersByTimeAsync(6_000);
    expect(await h.detailed()).toEqual({
      status: 503,
      body: {
        status: "down",
        draining: false,
        version: "1.2.3",
        uptime_seconds: 6,
        components: [
          {
            name: "db",
            component: "database",
            required: true,
            status: "down",
            latency_ms: 0,
            last_checked: "2026-01-02T03:04:11.000Z",
            last_success: "2026-01-02T03:04:05.000Z",
            last_failure: "2026-01-02T03:04:11.000Z",
            last_failure_message: "connection refused",
            consecutive_failures: 2,
            message: "connection refused",
            details: null,
          },
        ],
      },
    });
  });

  it("can be read without asking a dependency, for gauges [HLT-2]", async () => {
    const { state, check } = dependency();
    const h = health([check]);
    expect(h.components()).toMatchObject([{ name: "db", status: "unknown", latency_ms: null }]);
    expect(state.calls).toBe(0);
    await h.ready();
    expect(h.components()).toMatchObject([{ name: "db", status: "ok", latency_ms: 0 }]);
    expect(state.calls).toBe(1);
  });

  it("calls a result that is too old unknown, and a required one then is not ready [HLT-2]", async () => {
    let elapsed = 0;
    let hang = false;
    const respond = () => (hang ? new Promise<void>(() => {}) : Promise.resolve());
    const { check } = dependency({ maxStaleMs: 60_000, check: respond });
    const h = health([check], { elapsed: () => elapsed });
    expect((await h.ready()).status).toBe(200);
    elapsed += 60_001;
    hang = true;
    const probe = h.ready();
    await vi.advanceTimersByTimeAsync(500);
    expect(await probe).toMatchObject({ status: 503, body: { failing: { db: "unknown" } } });
  });
});

it.each([-3_600_000, 3_600_000])(
  "goes on checking when the clock of the machine is set by %i ms, and shows times by the new one [HLT-2]",
  async (step) => {
    const { state, check } = dependency();
    const h = health([check]);
    h.start();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await h.ready()).toMatchObject({ status: 200 });
    vi.setSystemTime(Date.now() + step);
    expect(await h.ready()).toMatchObject({ status: 200 });
    state.works = false;
    await vi.advanceTimersByTimeAsync(20_000);
    expect(await h.ready()).toMatchObject({ status: 503, body: { failing: { db: "down" } } });
    expect(Date.parse((await componentOf(h))?.last_checked ?? "")).toBeGreaterThan(Date.now() - 10_000);
    expect((await h.detailed()).body.uptime_seconds).toBe(25);
  },
);

describe("checks", () => {
  it("can be added and removed while running [HLT-1]", async () => {
    const h = health([dependency().check]);
    h.start();
    await vi.advanceTimersByTimeAsync(0);
    const { state, check } = dependency({ name: "upstream:a", component: "upstream", required: false });
    state.works = false;
    const remove = h.add(check);
    await vi.advanceTimersByTimeAsync(0);
    expect((await h.ready()).body).toMatchObject({ status: "degraded", failing: { "upstream:a": "down" } });
    expect(() => h.add(check)).toThrow(/upstream:a exists already/);
    remove();
    const calls = state.calls;
    await vi.advanceTimersByTimeAsync(30_000);
    expect(state.calls).toBe(calls);
    expect((await h.ready()).body).toMatchObject({ status: "ok", failing: {} });
  });

  it("stop when health is closed [HLT-2]", async () => {
    const { state, check } = dependency();
    const h = health([check]);
    h.start();
    await vi.advanceTimersByTimeAsync(11_000);
    h.close();
    const calls = state.calls;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(state.calls).toBe(calls);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("a dependency that is being started", () => {
  it("is neither well nor ill, and an optional one degrades nothing [HLT-1]", async () => {
    const results: (() => Promise<CheckResult>)[] = [];
    const pending = () => Promise.resolve({ pending: true as const, message: "it is starting" });
    const check: HealthCheck = {
      name: "slow",
      component: "upstream",
      required: false,
      check: () => (results.shift() ?? pending)(),
    };
    const h = health([dependency().check, check]);
    const seen = async () => {
      vi.advanceTimersByTime(6_000);
      const { body } = await h.detailed();
      const slow = body.components.find(({ name }) => name === "slow");
      return [body.status, slow?.status, slow?.message];
    };
    for (let time = 0; time < 5; time += 1) {
      expect(await seen()).toEqual(["ok", "unknown", "it is starting"]);
    }
    results.push(() => Promise.resolve({}));
    expect(await seen()).toEqual(["ok", "ok", null]);
    expect(await seen()).toEqual(["ok", "ok", "it is starting"]);
    const down = () => Promise.reject(new Error("no such program"));
    results.push(down, down);
    await seen();
    expect(await seen()).toEqual(["degraded", "down", "no such program"]);
    expect(await seen()).toEqual(["degraded", "down", "it is starting"]);
  });

  it("always has a reason while it is not well [HLT-1]", async () => {
    const { state, check } = dependency();
    state.works = false;
    const h = health([check]);
    expect(h.components()[0]).toMatchObject({ status: "unknown", message: "not checked yet" });
    expect((await componentOf(h))?.message).toBe("connection refused");
    state.works = true;
    vi.advanceTimersByTime(6_000);
    expect(await componentOf(h)).toMatchObject({
      status: "down",
      message: expect.stringContaining("connection refused") as string,
    });
    vi.advanceTimersByTime(600_000);
    expect(h.components()[0]).toMatchObject({
      status: "unknown",
      message: expect.stringContaining("no result since") as string,
    });
  });
});
