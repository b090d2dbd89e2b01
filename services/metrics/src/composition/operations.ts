import { createProfiler } from "@sark/observability/profiling";
import { createLevelSignal, createLogLevelControl } from "@sark/observability/service";
import type { Cleanup } from "@sark/service-start";
import { createOperationsApi, type OperationsApi } from "../api/operations/handlers.ts";
import type { SecurityRecords } from "../tenancy/audit-records.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";

/** What operators do to the running process, by the API and by the signal for debugging. */
export function startOperations(
  {
    records,
    telemetry,
  }: {
    readonly records: Pick<SecurityRecords, "record">;
    readonly telemetry: Pick<Telemetry, "logger" | "logLevels">;
  },
  cleanups: Cleanup[],
): { readonly api: OperationsApi; switchLevels(): void } {
  const levels = createLogLevelControl(telemetry.logger, telemetry.logLevels);
  cleanups.push(async () => levels.close());
  return {
    api: createOperationsApi({ records, levels, profiler: createProfiler() }),
    switchLevels: createLevelSignal(levels, telemetry.logLevels),
  };
}
