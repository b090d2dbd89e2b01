// npm run bench -- NAME [--json] [--long] [--against CHECKOUT] [--profile FOLDER]
import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { BenchOptions, BenchResult } from "./result.ts";

const folder = join(import.meta.dirname, "benchmarks");
const names = readdirSync(folder)
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.slice(0, -3));

const usage = `Usage: npm run bench -- NAME [--json] [--long] [--against CHECKOUT] [--profile FOLDER]

--against  Measures the code of another checkout in turn with this one (gateway, call-cost, audit-append, fairness): the ratios of one run
           say more than the figures of two. Dependencies have to be installed there (npm install).
--profile  Writes where the processor time goes, as CPU profiles, and the system calls of each call (call-cost; needs strace).

Benchmarks: ${names.join(", ")}`;

let args;
try {
  args = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: "boolean" },
      long: { type: "boolean" },
      against: { type: "string" },
      profile: { type: "string" },
      help: { type: "boolean" },
    },
  });
} catch (error) {
  console.error(`${(error as Error).message}\n\n${usage}`);
  process.exit(2);
}
const [name] = args.positionals;
if (args.values.help || name === undefined || !names.includes(name)) {
  console.error(
    name === undefined || args.values.help ? usage : `There is no benchmark "${name}".\n\n${usage}`,
  );
  process.exit(args.values.help ? 0 : 2);
}

const {
  run,
  comparesCheckouts = false,
  profiles = false,
} = (await import(`./benchmarks/${name}.ts`)) as {
  run(options: BenchOptions): Promise<BenchResult>;
  /** Whether it measures another checkout in turn. */
  readonly comparesCheckouts?: boolean;
  /** Whether it writes profiles. */
  readonly profiles?: boolean;
};
const { against } = args.values;
if (against !== undefined && !(comparesCheckouts && existsSync(join(against, "packages/audit")))) {
  const reason = comparesCheckouts
    ? `${against} is no checkout of this repository`
    : `${name} measures no other checkout`;
  console.error(`${reason}.\n\n${usage}`);
  process.exit(2);
}
const { profile } = args.values;
if (profile !== undefined && !profiles) {
  console.error(`${name} writes no profiles.\n\n${usage}`);
  process.exit(2);
}
const result = await run({
  long: args.values.long ?? false,
  against: against === undefined ? null : resolve(against),
  profile: profile === undefined ? null : resolve(profile),
  progress: (line) => console.error(line),
});
printTable(result);
if (args.values.json) {
  console.log(JSON.stringify(result));
}
process.exit(0);

function printTable(measured: BenchResult): void {
  const rows: [string, number | string][] = [["ratio", measured.ratio], ...Object.entries(measured.figures)];
  const width = Math.max(...rows.map(([key]) => key.length));
  console.log(`\n${measured.name}: aim ${measured.aim}: ${measured.met ? "met" : "NOT MET"}`);
  for (const [key, value] of rows) {
    const shown = typeof value === "number" ? Number(value.toPrecision(4)).toString() : value;
    console.log(`  ${key.padEnd(width)}  ${shown}`);
  }
}
