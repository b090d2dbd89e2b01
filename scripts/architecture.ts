// Gate: every file and folder that ARCHITECTURE.md names exists.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { namedPaths } from "./architecture/named-paths.ts";

const root = join(import.meta.dirname, "..");

/** The page shortens paths to what stands below one of these. */
const BASES = [
  "",
  "services/gateway/src",
  "packages/audit/src",
  "packages/observability/src",
  "services/gateway/src/mcp",
];

const missing = namedPaths(readFileSync(join(root, "ARCHITECTURE.md"), "utf8")).filter(
  (path) => !BASES.some((base) => existsSync(join(root, base, path))),
);
for (const path of missing) {
  console.error(`ARCHITECTURE.md names ${path}, which is not there`);
}
if (missing.length > 0) {
  process.exitCode = 1;
}
