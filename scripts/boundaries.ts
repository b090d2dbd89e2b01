// Gate: imports point one way. Rooms import what boundaries/rules.ts lets them, and no folders import each other in a cycle.
import { globSync } from "node:fs";
import { join } from "node:path";
import { brokenRules } from "./boundaries/broken-rules.ts";
import { folderCycles } from "./boundaries/folder-cycles.ts";
import { readImports } from "./boundaries/read-imports.ts";
import { RULES } from "./boundaries/rules.ts";

const root = join(import.meta.dirname, "..");
const files = globSync("{{packages,services,tools}/*,monitoring}/src/**/*.ts", {
  cwd: root,
  exclude: (path) => path.includes("node_modules"),
}).toSorted();
const imports = files.flatMap((file) => readImports(root, file));

const problems = [...brokenRules(imports, RULES), ...folderCycles(imports)];
for (const problem of problems) {
  console.error(problem);
}
if (problems.length > 0) {
  process.exitCode = 1;
}
