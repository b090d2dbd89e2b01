// npm run fuzz -- [--seconds N] [--seed N] [--path PATH]
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startPostgres, UNFLUSHED } from "@sark/testkit";
import { bundlePrograms } from "../support/programs/bundle.ts";
import type { Tally } from "./attack.ts";
import { runFuzz } from "./run-fuzz.ts";

const usage = "Usage: npm run fuzz -- [--seconds N] [--seed N] [--path PATH]";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "3600" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    path: { type: "string" },
    help: { type: "boolean" },
  },
});
const seconds = Number(values.seconds);
const seed = Number(values.seed);
if (values.help || !(seconds > 0) || !Number.isSafeInteger(seed)) {
  console.error(usage);
  process.exit(values.help ? 0 : 2);
}

function show({ cases, calls, longestMs, figures }: Tally): string {
  const memory = `${Math.round(figures.memory / 2 ** 20)} MiB, ${figures.descriptors} descriptors`;
  return `${cases} cases; ${calls} calls of tools; longest group ${longestMs.toFixed(0)} ms; ${memory}`;
}

const postgres = await startPostgres({ settings: UNFLUSHED });
let exitCode = 1;
try {
  const report = await runFuzz({
    databaseUrl: await postgres.createDatabase(),
    program: join(await bundlePrograms(), "gateway.mjs"),
    seed,
    ...(values.path === undefined ? {} : { path: values.path }),
    groups: Number.MAX_SAFE_INTEGER,
    timeMs: seconds * 1_000,
    progress: (tally) => console.error(show(tally)),
  });
  for (const [reason, times] of Object.entries(report.reasons).toSorted(([, a], [, b]) => b - a)) {
    console.log(`${String(times).padStart(7)} × ${reason}`);
  }
  console.log(show(report));
  console.log(report.failure ?? `Nothing found (seed ${seed}).`);
  exitCode = report.failure === null ? 0 : 1;
} finally {
  await postgres.stop();
}
process.exit(exitCode);
