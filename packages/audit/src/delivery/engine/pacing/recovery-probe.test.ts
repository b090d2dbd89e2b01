import { describe, expect, it } from "vitest";
import { createCircuit } from "./circuit.ts";
import { createRecoveryProbe } from "./recovery-probe.ts";

function setUp(response: () => Promise<void>) {
  const clock = { ms: 0 };
  const now = () => clock.ms;
  const circuit = createCircuit(
    {
      retry: { baseMs: 1, maxMs: 1 },
      failures: 1,
      openMs: 60_000,
      configurationRetryMs: 300_000,
      now,
    },
    () => undefined,
  );
  const asked: number[] = [];
  let recoveries = 0;
  const probe = createRecoveryProbe({
    circuit,
    everyMs: 2_000,
    now,
    check() {
      asked.push(clock.ms);
      return response();
    },
    recovered: () => void (recoveries += 1),
  });
  /** Looks every 500 ms, as the engine does. */
  async function passUntil(ms: number): Promise<void> {
    for (; clock.ms < ms; clock.ms += 500) {
      probe.look();
      await new Promise(setImmediate);
      if (circuit.view().state !== "open" || circuit.waitMs() > 0) {
        continue;
      }
      circuit.enter();
      circuit.trialEnded();
      circuit.failed("still away");
    }
  }
  return { clock, circuit, probe, asked, passUntil, recoveries: () => recoveries };
}

describe("createRecoveryProbe", () => {
  it("half-opens the circuit when a receiver that was away responds, and asks at a bounded rate before [SIEM-4]", async () => {
    let back = false;
    const { circuit, asked, passUntil, recoveries } = setUp(() =>
      back ? Promise.resolve() : Promise.reject(new Error("away")),
    );
    circuit.failed("away");
    await passUntil(7_000);
    expect(asked).toEqual([0, 2_000, 4_000, 6_000]);
    expect(circuit.waitMs()).toBeGreaterThan(50_000);
    back = true;
    await passUntil(8_500);
    expect(recoveries()).toBe(1);
    // The trial that followed failed in this test: now it responds and fails, and has to wait.
    expect(circuit.view()).toMatchObject({ state: "open", reason: "still away" });
    await passUntil(30_000);
    expect(recoveries()).toBe(1);
    expect(circuit.waitMs()).toBeGreaterThan(30_000);
  });

  it("leaves one alone that responds all the time and fails requests all the same [SIEM-4]", async () => {
    const { circuit, passUntil, recoveries } = setUp(() => Promise.resolve());
    circuit.failed("status 503");
    await passUntil(59_500);
    expect(recoveries()).toBe(0);
    expect(circuit.waitMs()).toBe(500);
  });

  it("knows one to have been away that no connection could be made to [SIEM-4]", async () => {
    const { circuit, passUntil, recoveries } = setUp(() => Promise.resolve());
    circuit.failed("nothing listens", { unreached: true });
    await passUntil(1_000);
    expect(recoveries()).toBe(1);
  });

  it("asks nothing while it is closed, or waits for a fault of configuration to be mended", async () => {
    const { circuit, asked, passUntil } = setUp(() => Promise.resolve());
    await passUntil(10_000);
    circuit.faulted("wrong token");
    await passUntil(30_000);
    expect(asked).toEqual([]);
  });

  it("does not shorten the pause that the receiver asked for itself [SIEM-4]", async () => {
    const responses = [Promise.reject(new Error("away")), Promise.resolve()];
    const { circuit, passUntil, recoveries } = setUp(() => responses.shift() ?? Promise.resolve());
    circuit.failed("busy", { afterMs: 45_000 });
    await passUntil(10_000);
    expect(recoveries()).toBe(1);
    expect(circuit.waitMs()).toBe(35_000);
  });

  it("asks one question at a time", async () => {
    const { circuit, asked, passUntil } = setUp(() => new Promise(() => undefined));
    circuit.failed("away");
    await passUntil(30_000);
    expect(asked).toEqual([0]);
  });
});
