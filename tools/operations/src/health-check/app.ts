import { buildTool } from "../build-tool.ts";
import { healthCheckCommand } from "./command.ts";

export const healthCheckApp = buildTool("health-check", healthCheckCommand);
