import { buildTool } from "../frame/build-tool.ts";
import { command } from "../frame/command-table.ts";
import { HEALTH_EXIT } from "./exit-codes.ts";

const failures = { usage: HEALTH_EXIT.unknown, unable: HEALTH_EXIT.unknown };

export const healthCheckTool = buildTool(
  "health-check",
  command("Say whether a gateway is healthy", async () => (await import("./command.ts")).healthCheckCommand),
  { failures },
);
