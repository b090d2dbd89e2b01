// Gate: docs/requirements.md says of each requirement whether tests or gates prove it, and they agree.
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const table = readFileSync(join(root, "docs/requirements.md"), "utf8");
const states = new Map(
  [...table.matchAll(/^\| ([A-Z]+-\d+) \|.*\| (\w+) \|$/gm)].map((row) => [row[1] ?? "", row[2] ?? ""]),
);

const cited = new Map<string, string>();
/** A gate may prove one, too. */
const PROOFS = [
  "{packages,services,tools,tests,scripts,bench,monitoring}/**/*.test.ts",
  "scripts/packages/check.ts",
];
const tests = globSync(PROOFS, { cwd: root, exclude: (path) => path.includes("node_modules") });
for (const file of tests) {
  for (const [, id = ""] of readFileSync(join(root, file), "utf8").matchAll(/\[([A-Z]+-\d+)\]/g)) {
    if (!cited.has(id)) {
      cited.set(id, file);
    }
  }
}

const problems = [...cited]
  .filter(([id]) => !states.has(id))
  .map(([id, file]) => `${id}: cited in ${file}, but docs/requirements.md does not know it`);
for (const [id, state] of states) {
  const citation = cited.get(id);
  if (!["proven", "partial", "open"].includes(state)) {
    problems.push(`${id}: unknown state "${state}"`);
  }
  if (state !== "open" && citation === undefined) {
    problems.push(`${id}: ${state}, but no test cites it`);
  }
  if (state === "open" && citation !== undefined) {
    problems.push(`${id}: open, but cited in ${citation}`);
  }
}

for (const state of ["proven", "partial", "open"]) {
  const ids = [...states].filter(([, is]) => is === state).map(([id]) => id);
  console.log(`${state} (${ids.length}): ${ids.join(" ")}`);
}
for (const problem of problems) {
  console.error(problem);
}
if (problems.length > 0) {
  process.exitCode = 1;
}
