import type { AuditLog } from "@sark/audit";
import type { ProfileQuery } from "@sark/http-api/operations";
import { ProfilerBusyError, type Profiler } from "@sark/observability/profiling";
import type { Caller } from "../../domain/governance.ts";
import { PROFILE_CONTROL } from "../../governance/own-event-types.ts";
import { HttpError } from "../../transport/errors.ts";
import { createAccessRecords, type Act } from "../access/access-records.ts";
import { beyondTenant, tenantScope } from "../access/tenant-scope.ts";

export type ProfilesApi = ReturnType<typeof createProfilesApi>;

const RETRY_SECONDS = "10";

/** `/admin/v1/profile`: what this process does with its time and memory. */
export function createProfilesApi(deps: {
  readonly audit: Pick<AuditLog, "record">;
  readonly profiler: Profiler;
  /** Number of this process among several. */
  readonly worker: number | null;
}) {
  const { audit, profiler, worker } = deps;
  const records = createAccessRecords(audit, {
    eventType: PROFILE_CONTROL,
    permitted: "takes a profile of a gateway",
    denied: "may not take a profile of a gateway",
  });
  return {
    /** Whose profile it is stands in the file's name: which of several workers responds is not the caller's choice. */
    fileName: (kind: ProfileQuery["kind"]) =>
      `gateway${worker === null ? "" : `-worker-${worker}`}.${kind}profile`,

    /** Where denied requests go on record. */
    denied: records.denied,

    async take(query: ProfileQuery, caller: Caller, clientLeft: AbortSignal): Promise<string> {
      const bound = tenantScope(caller.principal) !== null;
      await records.permitted(caller, actOf(query), bound ? beyondTenant("A profile") : undefined);
      try {
        return await profiler.take(query.kind, query.seconds * 1_000, clientLeft);
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

/** As it goes on record. */
export function actOf({ kind, seconds }: ProfileQuery): Act {
  return { operation: "profile", asked: { kind, seconds } };
}
