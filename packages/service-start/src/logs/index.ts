export { logOutput } from "./log-output.ts";
export { openLogs, type Logs, type LogsTelemetry } from "./open-logs.ts";
