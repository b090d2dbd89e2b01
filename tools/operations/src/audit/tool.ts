import { buildRouteMap } from "@stricli/core";
import { AuditError } from "@sark/audit";
import { VerificationError } from "@sark/audit/verification";
import { buildTool } from "../frame/build-tool.ts";
import { CommandError, EXIT } from "../exit-code.ts";
import { exportCommand } from "./export.ts";
import { receiptRoutes } from "./receipt.ts";
import { verifyCommand } from "./verify.ts";

const routes = buildRouteMap({
  routes: { verify: verifyCommand, export: exportCommand, receipt: receiptRoutes },
  docs: { brief: "Verify and export the audit log" },
});

export const auditTool = buildTool("audit", routes, { explain: explainLibraries });

function explainLibraries(error: unknown): CommandError | null {
  if (!(error instanceof VerificationError || error instanceof AuditError)) {
    return null;
  }
  // A filter that cannot be is the command line's fault.
  const usage = error instanceof AuditError && error.code === "invalid_query";
  return new CommandError(usage ? EXIT.usage : EXIT.unable, error.message, { cause: error });
}
