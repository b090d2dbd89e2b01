import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../support/programs/programs.ts";

/** What commands of the documentation run and read, and do not write to. */
const BY_REFERENCE = [
  "bench",
  "docs",
  "monitoring",
  "packages",
  "scripts",
  "services",
  "site",
  "tests",
  "tools",
];

/** Makes a folder that looks like a checkout, without data of a gateway. To copy all of it would take seconds. */
export function makeCheckout(folder: string): string {
  mkdirSync(folder);
  const listed = execFileSync("git", ["ls-tree", "-z", "--name-only", "HEAD"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  for (const name of ["node_modules", ...listed.split("\0").filter(Boolean)]) {
    const [from, to] = [join(ROOT, name), join(folder, name)];
    if (name === "node_modules" || BY_REFERENCE.includes(name)) {
      symlinkSync(from, to);
    } else {
      cpSync(from, to, { recursive: true, filter: (path) => !/\/(?:dist|node_modules)$/.test(path) });
    }
  }
  return folder;
}
