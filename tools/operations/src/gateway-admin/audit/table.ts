import { command, group } from "../../frame/command-table.ts";

export const auditCommands = group("What the audit log says, asked of a gateway", {
  search: command(
    "Find events of the audit log, the newest first",
    async () => (await import("./search.ts")).searchCommand,
  ),
  trail: command(
    "Show all that is on record of a request",
    async () => (await import("./trail.ts")).trailCommand,
  ),
  verify: command(
    "Verify the audit log, read from the gateway and trusting none of it but the keys",
    async () => (await import("./verify.ts")).verifyCommand,
  ),
  export: command(
    "Write events of the audit log to a file, as they come",
    async () => (await import("./export.ts")).exportCommand,
  ),
});
