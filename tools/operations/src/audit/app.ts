import { buildApplication, buildRouteMap, text_en } from "@stricli/core";
import { AuditError, VerificationError } from "@sark/audit";
import { CommandError, EXIT } from "../exit-code.ts";
import type { AuditContext } from "./context.ts";
import { exportCommand } from "./export.ts";
import { receiptCommand } from "./receipt.ts";
import { verifyCommand } from "./verify.ts";

const routes = buildRouteMap({
  routes: { verify: verifyCommand, export: exportCommand, receipt: receiptCommand },
  docs: { brief: "Verify and export the audit log" },
});

export const auditApp = buildApplication<AuditContext>(routes, {
  name: "audit",
  scanner: { caseStyle: "allow-kebab-for-camel" },
  determineExitCode: (error) => {
    if (error instanceof CommandError) return error.exitCode;
    // A filter that cannot be is the command line's fault.
    return error instanceof AuditError && error.code === "invalid_query" ? EXIT.usage : EXIT.unable;
  },
  localization: {
    text: {
      ...text_en,
      formatException: describe,
      exceptionWhileRunningCommand: (error) => `audit: ${describe(error)}`,
    },
  },
});

/** What went wrong in one line: never a stack trace. */
function describe(error: unknown): string {
  if (error instanceof CommandError || error instanceof VerificationError || error instanceof AuditError) {
    return error.message;
  }
  return `unexpected: ${error instanceof Error ? error.message : String(error)}`;
}
