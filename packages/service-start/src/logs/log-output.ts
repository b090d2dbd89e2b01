import type { StandardOutput } from "@sark/observability/logging";
import type { LoggingConfig } from "./logging-schema.ts";

/**
 * Text for people, or JSON.
 *
 * @param terminal whether standard output ends at a terminal, though this process writes to a pipe
 */
export function logOutput({ format }: Pick<LoggingConfig, "format">, terminal = false): StandardOutput {
  return format === "text" || (format === "auto" && (terminal || process.stdout.isTTY))
    ? "terminal"
    : "stdout";
}
