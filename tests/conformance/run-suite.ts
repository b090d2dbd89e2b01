import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { PEER_SESSION_REVISION, PEER_STATELESS_REVISION } from "@sark/testkit";

/** The requirement sets that the suite ships. */
export const REVISIONS = [PEER_SESSION_REVISION, PEER_STATELESS_REVISION] as const;
export type Revision = (typeof REVISIONS)[number];

export interface Check {
  readonly id: string;
  readonly status: "SUCCESS" | "FAILURE" | "WARNING" | "SKIPPED" | "INFO";
  readonly errorMessage?: string;
}

/** Scenario name to its checks. */
export type SuiteResult = ReadonlyMap<string, readonly Check[]>;

const command = fileURLToPath(import.meta.resolve("@modelcontextprotocol/conformance/dist/index.js"));
const RESULT_FOLDER = /^server-(?<scenario>.+)-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z$/;

/** Runs all that one revision requires, and what the suite runs beside it, against the server at `url`. */
export async function runSuite(url: string, revision: Revision): Promise<SuiteResult> {
  const folder = await mkdtemp(join(tmpdir(), "conformance-"));
  try {
    const args = [command, "server", "--url", url, "--requirements", revision, "--output-dir", folder];
    const suite = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
    const [output, errors, [code, signal]] = await Promise.all([
      text(suite.stdout),
      text(suite.stderr),
      once(suite, "close") as Promise<[number | null, NodeJS.Signals | null]>,
    ]);
    const result = await readResults(folder);
    const announced = Number(/\((\d+) scenarios\)/.exec(output)?.[1]);
    if (result.size !== announced) {
      const said = `${output.slice(-2_000)}\n${errors}`;
      throw new Error(
        `the suite announced ${announced} scenarios, ran ${result.size} and ended (${code ?? signal}): ${said}`,
      );
    }
    return result;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function readResults(folder: string): Promise<SuiteResult> {
  const result = new Map<string, readonly Check[]>();
  for (const name of (await readdir(folder)).sort()) {
    const scenario = RESULT_FOLDER.exec(name)?.groups?.["scenario"];
    if (scenario === undefined) {
      throw new Error(`the suite wrote a folder that names no scenario: ${name}`);
    }
    result.set(scenario, JSON.parse(await readFile(join(folder, name, "checks.json"), "utf8")) as Check[]);
  }
  return result;
}

/** `scenario / check id` of each check that passed; a check that passes several times stands there as often. */
export function passedChecks(result: SuiteResult): string[] {
  return [...result].flatMap(([scenario, checks]) =>
    checks.filter((check) => check.status === "SUCCESS").map((check) => `${scenario} / ${check.id}`),
  );
}

/** Whether something of it was tested, and all of that without a failure or a warning. */
export function passes(checks: readonly Check[]): boolean {
  const bad = checks.some((check) => check.status === "FAILURE" || check.status === "WARNING");
  return !bad && checks.some((check) => check.status === "SUCCESS");
}
