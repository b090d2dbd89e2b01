import { describe, expect, it } from "vitest";
import { backoffMs } from "@sark/observability/waiting";
import { createCircuit, type CircuitSettings } from "./circuit.ts";
import type { CircuitView } from "../ports/circuit-view.ts";

describe("backoffMs", () => {
  it("is exponential with full jitter, and bounded [SIEM-4]", () => {
    const settings = { baseMs: 100, maxMs: 5_000 };
    const highest = (failures: number) => backoffMs(failures, settings, () => 1);
    expect([1, 2, 3, 4, 7, 100].map(highest)).toEqual([100, 200, 400, 800, 5_000, 5_000]);
    expect(backoffMs(3, settings, () => 0)).toBe(0);
    expect(backoffMs(3, settings, () => 0.5)).toBe(200);
  });
});

describe("createCircuit", () => {
  function circuitAt(change: Partial<CircuitSettings> = {}) {
    const clock = { ms: 1_000_000 };
    const changes: CircuitView[] = [];
    const circuit = createCircuit(
      {
        retry: { baseMs: 100, maxMs: 10_000 },
        failures: 5,
        openMs: 60_000,
        configurationRetryMs: 300_000,
        now: () => clock.ms,
        random: () => 1,
        ...change,
      },
      (view) => changes.push(view),
    );
    return { circuit, clock, changes };
  }

  it("opens after 5 failures in a row, and half-opens after 60 s for one trial [SIEM-4]", () => {
    const { circuit, clock, changes } = circuitAt();
    for (let n = 1; n <= 4; n++) {
      circuit.failed(`failure ${n}`);
      expect(circuit.view()).toMatchObject({ state: "closed", failures: n });
      expect(circuit.waitMs()).toBe(100 * 2 ** (n - 1));
      clock.ms += circuit.waitMs();
      expect(circuit.enter()).toBe(true);
      expect(circuit.waitMs()).toBe(Infinity);
      circuit.trialEnded();
    }
    circuit.failed("failure 5");
    expect(circuit.view()).toMatchObject({ state: "open", cause: "failures", reason: "failure 5" });
    expect(circuit.waitMs()).toBe(60_000);
    clock.ms += 59_999;
    expect(circuit.waitMs()).toBe(1);
    clock.ms += 1;
    expect(circuit.enter()).toBe(true);
    expect(circuit.view().state).toBe("half_open");
    circuit.trialEnded();
    circuit.failed("again");
    expect(circuit.waitMs()).toBe(60_000);
    clock.ms += 60_000;
    circuit.enter();
    circuit.trialEnded();
    circuit.succeeded();
    expect(circuit.view()).toMatchObject({ state: "closed", failures: 0, reason: null });
    expect(circuit.waitMs()).toBe(0);
    expect(circuit.enter()).toBe(false);
    expect(changes.map(({ state }) => state)).toEqual(["open", "half_open", "open", "half_open", "closed"]);
  });

  it("starts to count anew after a success", () => {
    const { circuit } = circuitAt();
    for (let n = 0; n < 4; n++) {
      circuit.failed("f");
    }
    circuit.succeeded();
    for (let n = 0; n < 4; n++) {
      circuit.failed("f");
    }
    expect(circuit.view().state).toBe("closed");
  });

  it("waits as long as the receiver asks for, beyond its own pause", () => {
    const { circuit, clock } = circuitAt();
    circuit.failed("busy", { afterMs: 7_000 });
    expect(circuit.waitMs()).toBe(7_000);
    clock.ms += 7_000;
    for (let n = 0; n < 4; n++) {
      circuit.failed("busy", { afterMs: 90_000 });
    }
    expect(circuit.view().state).toBe("open");
    expect(circuit.waitMs()).toBe(90_000);
    // Who resumes it has a trial at once.
    circuit.retryNow();
    expect(circuit.waitMs()).toBe(0);
  });

  it("keeps waiting for as long as it was asked to, though another request succeeded meanwhile", () => {
    const { circuit } = circuitAt();
    circuit.failed("busy", { afterMs: 7_000 });
    circuit.succeeded();
    expect(circuit.view().state).toBe("closed");
    expect(circuit.waitMs()).toBe(7_000);
  });

  it("opens at once for a fault of configuration, and tries again later or when asked to", () => {
    const { circuit, clock } = circuitAt();
    circuit.faulted("bad token");
    expect(circuit.view()).toMatchObject({ state: "open", cause: "configuration", reason: "bad token" });
    expect(circuit.waitMs()).toBe(300_000);
    circuit.succeeded();
    circuit.failed("a request that was under way");
    expect(circuit.view()).toMatchObject({ state: "open", cause: "configuration" });
    circuit.retryNow();
    expect(circuit.waitMs()).toBe(0);
    circuit.enter();
    circuit.trialEnded();
    circuit.faulted("bad token");
    clock.ms += 300_000;
    circuit.enter();
    circuit.trialEnded();
    circuit.succeeded();
    expect(circuit.view().state).toBe("closed");
  });
});
