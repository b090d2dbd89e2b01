import { buildRouteMap } from "@stricli/core";
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

/** By their names: to load the libraries takes longer than most command lines that are wrong. */
function explainLibraries(error: unknown): CommandError | null {
  const { name, code, message } = Object(error) as { name?: unknown; code?: unknown; message?: unknown };
  if (name !== "VerificationError" && name !== "AuditError") {
    return null;
  }
  // A filter that cannot be is the command line's fault.
  const usage = name === "AuditError" && code === "invalid_query";
  return new CommandError(usage ? EXIT.usage : EXIT.unable, String(message), { cause: error });
}
