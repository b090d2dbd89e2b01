import { describe, expect, it } from "vitest";
import { createCircuit } from "./circuit.ts";
import { createRecoveryProbe } from "./recovery-probe.ts";

function setUp(answer: () => Promise<void>) {
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
      return answer();
    },
    recovered: () => void (recoveries += 1),
  });
  /** Looks every 500 ms, as the engine does. */
  async function passUntil(ms: number): Promise<void> {
    for (; clock.ms < ms; clock.ms += 500) {
      probe.look();
      await new Promise(setImmediate);
      if (circuit.view().state !== "open" || circuit.waitMs() > 0) continue;
      circuit.enter();
      circuit.trialEnded();
      circuit.failed("still away");
    }
  }
  return { clock, circuit, probe, asked, passUntil, recoveries: () => recoveries };
}

describe("createRecoveryProbe", () => {
  it("half-opens the circuit as soon as the receiver responds, and asks at a bounded rate before [SIEM-4]", async () => {
    let back = false;
    const { circuit, asked, passUntil, recoveries } = setUp(() =>
      back ? Promise.resolve() : Promise.reject(new Error("away")),
    );
    circuit.failed("away");
    await passUntil(9_000);
    expect(asked).toEqual([2_000, 4_000, 6_000, 8_000]);
    expect(circuit.waitMs()).toBeGreaterThan(50_000);
    back = true;
    await passUntil(10_500);
    expect(recoveries()).toBe(1);
    // The trial that followed failed in this test, so that it is open for its whole time again.
    expect(circuit.view()).toMatchObject({ state: "open", reason: "still away" });
  });

  it("believes a receiver less each time that it responds and then fails, so that trials stay rare [SIEM-4]", async () => {
    const { circuit, asked, passUntil } = setUp(() => Promise.resolve());
    circuit.failed("away");
    await passUntil(60_000);
    expect(asked).toEqual([2_000, 6_500, 15_000, 31_500]);
  });

  it("asks nothing while it is closed, or waits for a fault of configuration to be mended", async () => {
    const { circuit, asked, passUntil } = setUp(() => Promise.resolve());
    await passUntil(10_000);
    circuit.faulted("wrong token");
    await passUntil(30_000);
    expect(asked).toEqual([]);
  });

  it("does not shorten the pause that the receiver asked for itself [SIEM-4]", async () => {
    const { circuit, passUntil } = setUp(() => Promise.resolve());
    circuit.failed("busy", 45_000);
    await passUntil(10_000);
    expect(circuit.waitMs()).toBe(35_000);
  });

  it("leaves a question that is not answered alone, instead of asking on", async () => {
    const { circuit, asked, passUntil } = setUp(() => new Promise(() => undefined));
    circuit.failed("away");
    await passUntil(30_000);
    expect(asked).toEqual([2_000]);
  });
});
