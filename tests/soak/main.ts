// npm run soak -- [--minutes N] [--report FILE]
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { runSoak } from "./run-soak.ts";

const usage = "Usage: npm run soak -- [--minutes N] [--report FILE]";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "30" },
    report: { type: "string" },
    help: { type: "boolean" },
  },
});
const minutes = Number(values.minutes);
if (values.help || !(minutes > 0)) {
  console.error(usage);
  process.exit(values.help ? 0 : 2);
}

const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

const report = await runSoak({
  minutes,
  // About 120 samples; collecting garbage must not be what the gateway does most.
  sampleMs: Math.max(2_000, (minutes * 60_000) / 120),
  progress: ({ atMs, heap, memory, descriptors }, done) =>
    console.error(
      `${(atMs / 1_000).toFixed(0).padStart(6)} s  ${mib(heap)} of live heap, ${mib(memory)} resident, ${descriptors} descriptors; ${done} rounds`,
    ),
});
for (const [name, { done, failed }] of Object.entries(report.activities)) {
  console.log(`${String(done).padStart(7)} × ${name}${failed === 0 ? "" : `, ${failed} failed`}`);
}
for (const failure of report.failures) {
  console.log(`FAILED ${failure}`);
}
console.log(`${report.delivered} events delivered; left: ${JSON.stringify(report.left)}`);
console.log(report.rule);
for (const { figure, first, last, allowed, flat } of report.growth) {
  const shown = figure === "descriptors" ? String : mib;
  console.log(
    `${figure}: ${shown(first)} → ${shown(last)}, at most ${shown(allowed)}: ${flat ? "flat" : "GROWS"}`,
  );
}
console.log(JSON.stringify({ ...report, samples: undefined }));
if (values.report !== undefined) {
  writeFileSync(values.report, `${JSON.stringify(report, null, 2)}\n`);
}
process.exit(report.ok ? 0 : 1);
