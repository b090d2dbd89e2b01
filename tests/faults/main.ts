// npm run test:faults -- [--minutes N] [--seed N]
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { runFaults } from "./run-faults.ts";

const usage = "Usage: npm run test:faults -- [--minutes N] [--seed N]";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "20" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    help: { type: "boolean" },
  },
});
const minutes = Number(values.minutes);
const seed = Number(values.seed);
if (values.help || !(minutes > 0) || !Number.isSafeInteger(seed)) {
  console.error(usage);
  process.exit(values.help ? 0 : 2);
}

// Ctrl-C reaches the children, too: nothing is left to be checked, but the disk has to be unmounted.
const interrupted = new AbortController();
process.once("SIGINT", () => interrupted.abort());
process.once("SIGTERM", () => interrupted.abort());

const started = Date.now();
const seconds = (): string => `${((Date.now() - started) / 1_000).toFixed(1)} s`.padStart(9);
let exitCode = 1;
try {
  const report = await runFaults({
    seed,
    enough: () => Date.now() - started >= minutes * 60_000,
    signal: interrupted.signal,
    longestMs: 2_000,
    pauseMs: 20,
    programs: {
      replica: fileURLToPath(new URL("producer.ts", import.meta.url)),
      builder: fileURLToPath(new URL("build-log.ts", import.meta.url)),
    },
    progress: (line) => console.error(`${seconds()}  ${line}`),
  });
  for (const [fault, times] of Object.entries(report.strikes)) {
    console.log(`${String(times).padStart(5)} × ${fault}`);
  }
  console.log(
    `${report.events} events; ${report.acknowledged} acknowledged, ${report.unacknowledged} more committed unheard; ` +
      `${report.orphanedIntents} orphaned intents; ${report.proven} proven by the signed tree`,
  );
  const refused = Object.entries(report.told.failed).map(([code, times]) => `${times} ${code}`);
  console.log(`${report.told.spooled} spooled; refused: ${refused.join(", ") || "none"}`);
  console.log(
    `longest outage of a receiver: ${(report.longestOutageMs / 1_000).toFixed(1)} s, where half a second stands for a minute; ` +
      `breakers opened ${report.told.breakersOpened} times`,
  );
  for (const { destination, received, repetitions, quarantined, mostAhead } of report.deliveries) {
    console.log(
      `${destination}: ${received} received, ${repetitions} of them again; ${quarantined} in quarantine; ` +
        `at most ${mostAhead} places out of order`,
    );
  }
  for (const violation of report.violations.slice(0, 50)) {
    console.log(`VIOLATION ${violation}`);
  }
  const count = report.violations.length;
  console.log(
    count === 0
      ? `Nothing lost, nothing twice in the log (seed ${seed}).`
      : `${count} violations (seed ${seed}).`,
  );
  exitCode = count === 0 ? 0 : 1;
} catch (error) {
  console.error(error);
  console.error(`Run it again with --seed ${seed}.`);
}
// Node sometimes waits without end for what connections that were torn left behind.
process.exit(exitCode);
