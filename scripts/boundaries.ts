// Gate: imports point one way. Rooms import what boundaries/rules.ts lets them, and no folders import each other in a cycle.
// And only telemetry/ counts and logs.
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { catalog } from "@sark/gateway/metrics";
import { catalog as metricsServiceCatalog } from "@sark/metrics-service/metrics";
import { brokenRules } from "./boundaries/broken-rules.ts";
import { folderCycles } from "./boundaries/folder-cycles.ts";
import { readImports } from "./boundaries/read-imports.ts";
import { RULES } from "./boundaries/rules.ts";
import { telemetryCalls } from "./boundaries/telemetry-calls.ts";

const root = join(import.meta.dirname, "..");
const files = globSync("{{packages,services,tools}/*,monitoring}/src/**/*.ts", {
  cwd: root,
  exclude: (path) => path.includes("node_modules"),
}).toSorted();
const imports = files.flatMap((file) => readImports(root, file));

const metrics = new Set([...Object.keys(catalog), ...Object.keys(metricsServiceCatalog)]);
const problems = [
  ...brokenRules(imports, RULES),
  ...folderCycles(imports),
  // Alerts, dashboards and command lines ask for metrics by name; those names are held against the catalogs elsewhere.
  ...files
    .filter((file) => /^(?:packages|services)\//.test(file))
    .flatMap((file) => telemetryCalls(file, readFileSync(join(root, file), "utf8"), metrics)),
];
for (const problem of problems) {
  console.error(problem);
}
if (problems.length > 0) {
  process.exitCode = 1;
}
