import { describe, expect, it, vi } from "vitest";
import type { CallResult, Permit } from "../../domain/governance.ts";
import { DEFAULT_MCP_LIMITS } from "../contract/limits.ts";
import { createCallRegistry } from "./call-registry.ts";
import type { TimeLimits } from "../deadline/idle-clock.ts";
import { createCallerCounter } from "./caller-counter.ts";
import { testCaller } from "../testing/start-gateway.ts";

const SESSION = { key: "session", exclusive: true };
const CALLER = { key: "caller", exclusive: false };
const METHOD = { method: "tools/call" };

const reference = (id: string) => ({ id, seq: 0, leafHash: "" });

function permit(results: CallResult[], auditId = "audit-1"): Permit {
  return {
    allowed: true,
    audit: reference(auditId),
    filteredArguments: null,
    traceContext: {},
    finish: (result) => void results.push(result),
  };
}

const timeLimits = (given: Partial<TimeLimits>): TimeLimits => ({
  idleMs: 10_000,
  endsAt: Number.POSITIVE_INFINITY,
  excusedUntil: () => Number.NEGATIVE_INFINITY,
  ...given,
});

describe("calls in flight", () => {
  it("are settled once, for each of their permits, and forgotten", () => {
    const registry = createCallRegistry(DEFAULT_MCP_LIMITS);
    const results: CallResult[] = [];
    const call = registry.open(SESSION, METHOD, 1);
    call?.permit([permit(results), permit(results, "audit-2")]);
    expect([registry.size, call?.audit, registry.find(SESSION, 1)]).toEqual([1, reference("audit-1"), call]);
    call?.settle({ outcome: "ok" });
    call?.settle({ outcome: "timeout" });
    expect(results).toEqual([{ outcome: "ok" }, { outcome: "ok" }]);
    expect([registry.size, call?.settled, registry.find(SESSION, 1)]).toEqual([0, true, null]);
    expect(registry.open(SESSION, METHOD, 1)).not.toBeNull();
  });

  it("have different ids within a session, by value and type", () => {
    const registry = createCallRegistry(DEFAULT_MCP_LIMITS);
    expect(registry.open(SESSION, METHOD, 1)).not.toBeNull();
    expect(registry.open(SESSION, METHOD, 1)).toBeNull();
    expect(registry.open(SESSION, METHOD, "1")).not.toBeNull();
    expect(registry.open({ ...SESSION, key: "another" }, METHOD, 1)).not.toBeNull();
  });

  it("of several clients of one caller may have the same id; then none of them is taken for the one that is meant", () => {
    const registry = createCallRegistry(DEFAULT_MCP_LIMITS);
    const first = registry.open(CALLER, METHOD, 1);
    const second = registry.open(CALLER, METHOD, 1);
    registry.cancel(CALLER, 1);
    expect([first?.cancelled, second?.cancelled, registry.find(CALLER, 1)]).toEqual([false, false, null]);
    first?.settle({ outcome: "ok" });
    registry.cancel(CALLER, 1);
    expect([registry.find(CALLER, 1), second?.cancelled]).toEqual([second, true]);
  });

  it("tell once that they were cancelled, and not after they were settled", () => {
    const registry = createCallRegistry(DEFAULT_MCP_LIMITS);
    const told = vi.fn<() => void>();
    for (const id of [1, 2]) {
      const call = registry.open(SESSION, METHOD, id);
      if (call === null) {
        throw new Error("not opened");
      }
      call.onCancel = told;
      if (id === 2) {
        call.settle({ outcome: "ok" });
      }
      call.cancel();
      call.cancel();
    }
    expect(told).toHaveBeenCalledTimes(1);
  });

  it("whose response is awaited end by their deadline, as cancelled when they were", async () => {
    const registry = createCallRegistry(DEFAULT_MCP_LIMITS);
    const results: Record<number, CallResult[]> = { 1: [], 2: [] };
    const told: unknown[] = [];
    for (const id of [1, 2]) {
      const call = registry.open(SESSION, METHOD, id);
      call?.permit([permit(results[id] ?? [])]);
      if (id === 2) {
        call?.cancel();
      }
      if (call !== null) {
        registry.await(SESSION, call, timeLimits({ idleMs: 1 }), () => told.push(id));
      }
    }
    // Which of the two timers fires first is not known.
    await vi.waitFor(() => expect(registry.size).toBe(0));
    expect(results).toMatchObject({ 1: [{ outcome: "timeout" }], 2: [{ outcome: "cancelled" }] });
    expect(told).toEqual([1]);
  });
});

describe("streams of a caller", () => {
  it("are counted by principal, and let go once", () => {
    const counter = createCallerCounter(2);
    const { principal } = testCaller("alice");
    const first = counter.take(principal);
    expect(counter.take(principal)).not.toBeNull();
    expect(counter.take(principal)).toBeNull();
    expect(counter.take({ ...principal, tenant: "other" })).not.toBeNull();
    expect(counter.take({ ...principal, type: "agent" })).not.toBeNull();
    first?.();
    first?.();
    expect(counter.take(principal)).not.toBeNull();
    expect(counter.take(principal)).toBeNull();
  });
});
