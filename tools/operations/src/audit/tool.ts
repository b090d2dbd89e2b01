import { buildTool } from "../frame/build-tool.ts";
import { command, group } from "../frame/command-table.ts";
import { CommandError, EXIT } from "../exit-code.ts";

export const auditTool = buildTool(
  "audit",
  group("Verify and export the audit log", {
    verify: command(
      "Verify the audit log in its database, or an export of it",
      async () => (await import("./verify.ts")).verifyCommand,
    ),
    export: command(
      "Export the log, or a part of it, so that it can be verified offline",
      async () => (await import("./export.ts")).exportCommand,
    ),
    receipt: group("Receipts: proof of one event, in the hands of its caller", {
      verify: command(
        "Verify that the event of a receipt stands in the log",
        async () => (await import("./receipt.ts")).verifyCommand,
      ),
    }),
  }),
  { explain: explainLibraries },
);

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
