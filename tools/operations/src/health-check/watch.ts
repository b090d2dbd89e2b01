import { wait } from "@sark/observability/waiting";
import { CommandError } from "../exit-code.ts";
import { HEALTH_EXIT } from "./exit-codes.ts";
import type { HealthReport } from "./report.ts";

/**
 * Checks again and again until it is interrupted. Resolves to the exit code of the last result. What cannot be said now
 * may be said next time: `failed` shows it, and the watch goes on.
 */
export async function watchHealth(options: {
  readonly intervalMs: number;
  readonly signal: AbortSignal;
  check(): Promise<HealthReport>;
  show(report: HealthReport): void;
  failed(message: string): void;
}): Promise<number> {
  const { intervalMs, signal, check, show, failed } = options;
  let exitCode: number = HEALTH_EXIT.unknown;
  while (!signal.aborted) {
    const next = performance.now() + intervalMs;
    try {
      const report = await check();
      if (signal.aborted) {
        break;
      }
      show(report);
      exitCode = report.exit_code;
    } catch (error) {
      if (signal.aborted) {
        break;
      }
      if (!(error instanceof CommandError)) {
        throw error;
      }
      failed(error.message);
      exitCode = HEALTH_EXIT.unknown;
    }
    await wait(Math.max(0, next - performance.now()), { signal });
  }
  return exitCode;
}
