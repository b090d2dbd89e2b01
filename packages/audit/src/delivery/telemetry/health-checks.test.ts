import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { DestinationSnapshot } from "../engine/delivery.ts";
import { deliveryHealthChecks } from "./health-checks.ts";

const INTERVAL_MS = 15_000;

let asked: number;
let response: () => Promise<void>;
let lastDeliveredAt: number | null;
let leads: boolean;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance", "Date"] });
  asked = 0;
  response = () => Promise.resolve();
  lastDeliveredAt = null;
  leads = true;
});
afterEach(() => void vi.useRealTimers());

function createCheck(): () => Promise<unknown> {
  const snapshots = () =>
    [
      {
        name: "a",
        platform: "otlp",
        enabled: true,
        probeIntervalMs: INTERVAL_MS,
        leading: leads ? { state: "running", sent: { lastDeliveredAt } } : null,
      },
    ] as unknown as DestinationSnapshot[];
  const check = async () => {
    asked += 1;
    await response();
  };
  const [found] = deliveryHealthChecks({ snapshots, check });
  if (found === undefined) {
    throw new Error("no check");
  }
  return async () => found.check(new AbortController().signal);
}

/** As the health report does it, every two seconds. */
async function run(check: () => Promise<unknown>, ms: number): Promise<string[]> {
  const said = new Set<string>();
  for (let passed = 0; passed < ms; passed += 2_000) {
    said.add(
      await check().then(
        () => "up",
        (error: Error) => error.message,
      ),
    );
    vi.advanceTimersByTime(2_000);
  }
  return [...said];
}

describe("a receiver is asked for its health [HLT-1]", () => {
  it.each([true, false])(
    "no more often than configured, also while it refuses; leading: %s",
    async (isLeading) => {
      leads = isLeading;
      const check = createCheck();
      expect(await run(check, 60_000)).toEqual(["up"]);
      expect(asked).toBe(4);
      response = () => Promise.reject(new Error("status 400"));
      vi.advanceTimersByTime(INTERVAL_MS);
      expect(await run(check, 60_000)).toEqual(["status 400"]);
      expect(asked).toBe(8);
    },
  );

  it("not at all while it takes events, and is up once it took some", async () => {
    response = () => Promise.reject(new Error("status 400"));
    const check = createCheck();
    expect(await run(check, 4_000)).toEqual(["status 400"]);
    for (let delivery = 0; delivery < 10; delivery += 1) {
      lastDeliveredAt = Date.now();
      expect(await run(check, 10_000)).toEqual(["up"]);
    }
    expect(asked).toBe(1);
    expect(await run(check, 30_000)).toContain("status 400");
  });
});
