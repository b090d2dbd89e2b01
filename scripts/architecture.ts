// Gate: every file and folder that ARCHITECTURE.md and the map of the audit library name exists.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { namedPaths } from "./architecture/named-paths.ts";

const root = join(import.meta.dirname, "..");

/** A map, where it begins on its page, and the folders that its paths are below. */
const MAPS = [
  // The page shortens paths of the gateway.
  { page: "ARCHITECTURE.md", from: "# Architecture", bases: ["", "services/gateway/src"] },
  {
    page: "packages/audit/README.md",
    from: "## Where things are",
    bases: ["packages/audit", "packages/audit/src"],
  },
];

for (const { page, from, bases } of MAPS) {
  const text = readFileSync(join(root, page), "utf8");
  const start = text.indexOf(from);
  const missing =
    start < 0
      ? [`its heading "${from}"`]
      : namedPaths(text.slice(start)).filter(
          (path) => !bases.some((base) => existsSync(join(root, base, path))),
        );
  for (const path of missing) {
    console.error(`${page} names ${path}, which is not there`);
    process.exitCode = 1;
  }
}
