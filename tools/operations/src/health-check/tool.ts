import { buildTool } from "../frame/build-tool.ts";
import { healthCheckCommand } from "./command.ts";
import { HEALTH_EXIT } from "./exit-codes.ts";

const failures = { usage: HEALTH_EXIT.unknown, unable: HEALTH_EXIT.unknown };

export const healthCheckTool = buildTool("health-check", healthCheckCommand, { failures });
