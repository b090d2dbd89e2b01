import {
  askedOfLevels,
  shownLevels,
  type LogLevelBody,
  type LogLevelsShown,
  type ProfileQuery,
} from "@sark/http-api/operations";
import { ProfilerBusyError, type Profiler } from "@sark/observability/profiling";
import type { LogLevelControl } from "@sark/observability/service";
import type { Caller } from "../../domain/caller.ts";
import { HttpError } from "../../errors/http-errors.ts";
import { SECURITY_EVENTS, type SecurityRecords } from "../../tenancy/audit-records.ts";

export type OperationsApi = ReturnType<typeof createOperationsApi>;

const RETRY_SECONDS = "10";

/** `/admin/v1`: what this process logs, and what it does with its time and memory. */
export function createOperationsApi(deps: {
  readonly records: Pick<SecurityRecords, "record">;
  readonly levels: Pick<LogLevelControl, "show" | "isKnown" | "change">;
  readonly profiler: Profiler;
}) {
  const { records, levels, profiler } = deps;
  return {
    levels: (): LogLevelsShown => shownLevels(levels),

    async changeLevel(body: LogLevelBody, caller: Caller): Promise<LogLevelsShown> {
      const { level, component = null, for: forMs = null } = body;
      if (component !== null && !levels.isKnown(component)) {
        throw new HttpError("not_found", `There is no component "${component}".`);
      }
      await records.record(caller, {
        type: SECURITY_EVENTS.logControl,
        reason: "changes what is logged",
        details: { operation: "log_level", asked: askedOfLevels(body) },
      });
      levels.change({ level, component, forMs });
      return shownLevels(levels);
    },

    async profile({ kind, seconds }: ProfileQuery, caller: Caller, clientLeft: AbortSignal): Promise<string> {
      await records.record(caller, {
        type: SECURITY_EVENTS.profileControl,
        reason: "takes a profile of the service",
        details: { operation: "profile", asked: { kind, seconds } },
      });
      try {
        return await profiler.take(kind, seconds * 1_000, clientLeft);
      } catch (error) {
        if (error instanceof ProfilerBusyError) {
          const headers = { "retry-after": RETRY_SECONDS };
          throw new HttpError("profile_busy", "Another profile is being taken.", { cause: error, headers });
        }
        throw error;
      }
    },
  };
}
