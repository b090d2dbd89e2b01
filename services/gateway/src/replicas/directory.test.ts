import { randomBytes } from "node:crypto";
import { requireServer, startRedis, type Redis } from "@sark/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { createSeal, type SharedState } from "@sark/shared-state";
import { openSharedState } from "@sark/shared-state/open";
import { createReplicaDirectory, type DirectoryTimes, type ReplicaDirectory } from "./directory.ts";

const installed = requireServer("redis-server") !== null;
const QUICK: DirectoryTimes = { beatMs: 50, leaseMs: 600 };

let redis: Redis;
beforeAll(async () => {
  if (installed) {
    redis = await startRedis();
  }
});
afterAll(async () => redis?.close());

const open: { directory: ReplicaDirectory; state: SharedState }[] = [];
afterEach(async () => {
  for (const { directory, state } of open.splice(0)) {
    await directory.leave();
    await state.close();
  }
});

function installation(times = QUICK) {
  const seal = createSeal(randomBytes(32), "replicas");
  return async (id: string) => {
    const state = openSharedState({
      settings: () => ({ url: `redis://127.0.0.1:${redis.port}`, tls: {} }),
      timeoutMs: 500,
      keyPrefix: "t:",
      observer: {
        cameUp: () => undefined,
        wentDown: () => undefined,
        failed: () => undefined,
        responded: () => undefined,
      },
    });
    const gaveUp: string[] = [];
    const vanished: string[] = [];
    const directory = createReplicaDirectory({
      state,
      seal,
      id,
      times,
      gaveUp: (one) => void gaveUp.push(one),
      vanished: (one) => void vanished.push(one),
    });
    open.push({ directory, state });
    await state.start();
    await directory.enter({ url: `http://127.0.0.1/${id}`, machine: "m" });
    return { directory, state, gaveUp, vanished };
  };
}

describe.skipIf(!installed)("the replicas that there are [GTW-6]", () => {
  it("find each other, and none of another installation", async () => {
    const start = installation();
    const a = await start("a");
    await start("b");
    await installation()("c");
    expect(await a.directory.find("a")).toMatchObject({ url: "http://127.0.0.1/a" });
    await vi.waitFor(async () =>
      expect(await a.directory.find("b")).toEqual({ url: "http://127.0.0.1/b", machine: "m" }),
    );
    // Before it knows that all had time to come, it does not take one for lost.
    expect(["lost", null]).toContain(await a.directory.find("c"));
    await vi.waitFor(async () => expect(await a.directory.find("c")).toBe("lost"));
  });

  it("have one that is not at its address for lost once it has left, or its lease is over", async () => {
    const start = installation();
    const [a, b] = [await start("a"), await start("b")];
    await start("left");
    await vi.waitFor(async () => {
      expect(await a.directory.find("b")).toMatchObject({ machine: "m" });
      expect(await a.directory.find("left")).toMatchObject({ machine: "m" });
      // All had time to come: from now on, one that is not there is lost.
      expect(await a.directory.find("unknown")).toBe("lost");
    });
    expect(await a.directory.isLost("b")).toBe(false);
    expect(await a.directory.isLost("unknown")).toBe(true);
    await open
      .find(({ directory }) => directory !== a.directory && directory !== b.directory)!
      .directory.leave();
    await vi.waitFor(async () => expect(await a.directory.isLost("left")).toBe(true));
    const silent = performance.now();
    // As one that was killed: it says nothing any more, and does not leave.
    await b.state.close();
    expect(await a.directory.isLost("b")).toBe(false);
    await vi.waitFor(async () => expect(await a.directory.isLost("b")).toBe(true), { timeout: 10_000 });
    expect(performance.now() - silent).toBeGreaterThan(QUICK.leaseMs / 2);
  });

  it("lose one that leaves, and give up one that is not heard of, once", async () => {
    const start = installation();
    const [a, b] = [await start("a"), await start("b")];
    await start("left");
    await start("killed");
    await vi.waitFor(async () => {
      expect(await a.directory.find("killed")).toMatchObject({ machine: "m" });
      expect(await a.directory.find("left")).toMatchObject({ machine: "m" });
    });
    const [, , left, killed] = open;
    await left?.directory.leave();
    await killed?.state.close();
    await vi.waitFor(async () => {
      expect(await a.directory.find("left")).toBe("lost");
      expect(await b.directory.find("killed")).toBe("lost");
    });
    expect([...a.gaveUp, ...b.gaveUp]).toEqual(["killed"]);
    await vi.waitFor(() => expect(new Set(a.vanished)).toEqual(new Set(["left", "killed"])));
  });

  it("are not taken for vanished when Redis has lost what it knew of them", async () => {
    // Who asks first finds none of the others there.
    const start = installation({ beatMs: 50, leaseMs: 3_000 });
    const [a, b] = [await start("a"), await start("b")];
    await vi.waitFor(async () => expect(await a.directory.find("b")).toMatchObject({ machine: "m" }));
    await b.state.close();
    await redis.restart();
    await vi.waitFor(() => expect(a.state.status.times).toBe(2), { timeout: 30_000 });
    await a.directory.enter({ url: "http://127.0.0.1/a", machine: "m" });
    expect(await a.directory.find("b")).toMatchObject({ machine: "m" });
    expect(a.vanished).toEqual([]);
    await vi.waitFor(async () => expect(await a.directory.find("b")).toBe("lost"), { timeout: 30_000 });
    expect(a.vanished).toEqual(["b"]);
  });

  it("give up none because Redis was away for long", async () => {
    const start = installation();
    const [a, b] = [await start("a"), await start("b")];
    await vi.waitFor(async () => expect(await a.directory.find("b")).toMatchObject({ machine: "m" }));
    redis.freeze();
    let away = 0;
    try {
      await vi.waitFor(() => expect([a.state.status.up, b.state.status.up]).toEqual([false, false]), {
        timeout: 30_000,
      });
      away = Date.now();
      await vi.waitFor(() => expect(Date.now() - away).toBeGreaterThan(2 * QUICK.leaseMs), {
        timeout: 30_000,
      });
      expect(await a.directory.find("b")).toMatchObject({ machine: "m" });
      expect(await a.directory.find("unknown")).toBeNull();
    } finally {
      redis.thaw();
    }
    await vi.waitFor(async () => expect(await a.directory.find("unknown")).toBe("lost"), { timeout: 30_000 });
    expect(await a.directory.find("b")).toMatchObject({ machine: "m" });
    expect([...a.gaveUp, ...b.gaveUp, ...a.vanished, ...b.vanished]).toEqual([]);
  });
});
