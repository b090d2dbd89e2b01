import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { programFile } from "./programs/program-file.ts";

/** What the auditors' command line ended with, and the JSON that it printed. */
export interface AuditCommandResult {
  readonly code: number;
  readonly report: unknown;
}

/** Runs `audit … --json` in a process that has no more than `PATH`, compiled code, and what is given. */
export async function auditCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<AuditCommandResult> {
  const { PATH = "", NODE_COMPILE_CACHE = "" } = process.env;
  const options = { env: { PATH, NODE_COMPILE_CACHE, ...environment } };
  const { code, stdout } = await promisify(execFile)(
    process.execPath,
    [programFile("audit"), ...args, "--json"],
    options,
  ).then(
    (done) => ({ code: 0, stdout: done.stdout }),
    (failed: { code: number; stdout: string }) => failed,
  );
  return { code, report: stdout === "" ? null : (JSON.parse(stdout) as unknown) };
}
