// Gate: the lock file vouches for what is installed, licenses fit, and no production package has a known vulnerability.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { lockFileProblems, type LockFile } from "./lock-file.ts";

const root = join(import.meta.dirname, "..");
const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as LockFile;
const problems = [...lockFileProblems(lock), ...vulnerabilities()];
for (const problem of problems) {
  console.error(problem);
}
if (problems.length > 0) {
  process.exitCode = 1;
}

/** From the registry's advisories, where it serves them; a machine without them says so and goes on. */
function vulnerabilities(): string[] {
  const { stdout } = spawnSync("npm", ["audit", "--omit=dev", "--audit-level=high", "--json"], {
    cwd: root,
    encoding: "utf8",
    timeout: 60_000,
    shell: process.platform === "win32",
  });
  const report = readReport(stdout);
  if (report?.vulnerabilities === undefined) {
    console.log("known vulnerabilities: not checked, the registry in use serves no advisories");
    return [];
  }
  return Object.entries(report.vulnerabilities)
    .filter(([, { severity }]) => severity === "high" || severity === "critical")
    .map(([name, { severity, range }]) => `${name} ${range}: a known vulnerability, ${severity} (npm audit)`);
}

interface AuditReport {
  readonly vulnerabilities?: Readonly<Record<string, { readonly severity: string; readonly range: string }>>;
}

function readReport(text: string): AuditReport | null {
  try {
    return JSON.parse(text) as AuditReport;
  } catch {
    return null;
  }
}
