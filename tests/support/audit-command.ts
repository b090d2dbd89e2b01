import { auditTool, runCaptured } from "@sark/operations/testing";

/** What the auditors' command line ended with, and the JSON that it printed. */
export interface AuditCommandResult {
  readonly code: number;
  readonly report: unknown;
}

/** Runs `audit … --json` in this process, with an environment that has no more than what is given. */
export async function auditCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<AuditCommandResult> {
  const { code, out } = await runCaptured(auditTool, [...args, "--json"], { env: environment });
  return { code, report: out === "" ? null : (JSON.parse(out) as unknown) };
}
