import { expect, it, onTestFailed } from "vitest";
import { runFaults } from "./run-faults.ts";
import { programFile } from "../support/programs/program-file.ts";
import { FAULTS } from "./faults.ts";

it("loses nothing that was acknowledged, writes nothing twice, and delivers it all, whatever is killed, cut, hung, full or away [AUD-4] [AUD-5] [AUD-7] [SIEM-5]", async () => {
  const lines: string[] = [];
  onTestFailed(() => console.error(lines.join("\n")));
  const kinds = Object.keys(FAULTS).length;
  const report = await runFaults({
    seed: 7,
    enough: (strikes) => strikes >= kinds,
    longestMs: 200,
    pauseMs: 40,
    programs: { replica: programFile("fault-replica"), builder: programFile("fault-builder") },
    progress: (line) => lines.push(line),
  });
  expect(report.violations).toEqual([]);
  expect(report.proven).toBe(report.events);
  expect(report.acknowledged).toBeGreaterThan(100);
  // Some were told so, some went on with their records on the disk: both ways were taken.
  expect(Object.keys(report.told.failed)).not.toEqual([]);
  expect(report.told.spooled).toBeGreaterThan(0);
  expect(report.told.breakersOpened).toBeGreaterThan(0);
  for (const { received, repetitions, quarantined } of report.deliveries) {
    expect(received + quarantined).toBe(report.events);
    // Not every fault passed it by.
    expect(repetitions).toBeGreaterThan(0);
  }
});
