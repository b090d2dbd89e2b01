import { expect, it } from "vitest";
import { runFaults } from "./run-faults.ts";
import { FAULTS } from "./faults.ts";

it("loses nothing that was acknowledged, and writes nothing twice, whatever is killed, cut, hung or full [AUD-4] [AUD-7]", async () => {
  const kinds = Object.keys(FAULTS).length;
  const report = await runFaults({
    seed: 7,
    enough: (strikes) => strikes >= kinds,
    longestMs: 200,
    pauseMs: 5,
    // What was struck when, should it fail.
    progress: (line) => console.error(line),
  });
  expect(report.violations).toEqual([]);
  expect(report.proven).toBe(report.events);
  expect(report.acknowledged).toBeGreaterThan(100);
});
