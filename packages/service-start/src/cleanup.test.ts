import { describe, expect, it } from "vitest";
import { endAll, type Cleanup } from "./cleanup.ts";

describe("endAll", () => {
  it("runs all, the last one first, also after one that failed, and says what failed", async () => {
    const ran: string[] = [];
    const step =
      (name: string, error?: Error): Cleanup =>
      async () => {
        ran.push(name);
        if (error !== undefined) {
          throw error;
        }
      };
    const drain = new Error("drain");
    await expect(endAll([step("audit"), step("policy"), step("drain", drain)])).rejects.toBe(drain);
    expect(ran).toEqual(["drain", "policy", "audit"]);
    await expect(endAll([step("one", drain), step("two", drain)])).rejects.toMatchObject({
      errors: [drain, drain],
    });
  });

  it("runs each once", async () => {
    let runs = 0;
    const cleanups: Cleanup[] = [() => void (runs += 1)];
    await Promise.all([endAll(cleanups), endAll(cleanups)]);
    expect(runs).toBe(1);
  });
});
