// Gate: every file and folder that ARCHITECTURE.md names exists.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { namedPaths } from "./architecture/named-paths.ts";

const root = join(import.meta.dirname, "..");

/** The page shortens paths of the gateway, and of a folder within a package's own row. */
const BASES = ["", "services/gateway/src", "packages/audit/src", "tests"];

const missing = namedPaths(readFileSync(join(root, "ARCHITECTURE.md"), "utf8")).filter(
  (path) => !BASES.some((base) => existsSync(join(root, base, path))),
);
for (const path of missing) {
  console.error(`ARCHITECTURE.md names ${path}, which is not there`);
}
if (missing.length > 0) {
  process.exitCode = 1;
}
