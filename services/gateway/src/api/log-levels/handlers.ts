import type { AuditLog } from "@sark/audit";
import {
  askedOfLevels,
  shownLevels,
  type LogLevelBody,
  type LogLevelsShown,
} from "@sark/http-api/operations";
import type { LevelChange, LogLevelControl } from "@sark/observability/service";
import type { Caller } from "../../domain/governance.ts";
import { LOG_CONTROL } from "../../governance/own-event-types.ts";
import { HttpError } from "../../transport/errors.ts";
import { createAccessRecords, type Act } from "../access/access-records.ts";
import { beyondTenant, tenantScope } from "../access/tenant-scope.ts";

export type LogLevelsApi = ReturnType<typeof createLogLevelsApi>;

/** `/admin/v1/log-level`: which lines this replica writes. */
export function createLogLevelsApi(deps: {
  readonly audit: Pick<AuditLog, "record">;
  readonly levels: Pick<LogLevelControl, "show" | "isKnown"> & {
    /** Resolves when all processes behind this address have it. */
    change(change: LevelChange): Promise<void>;
  };
}) {
  const { levels } = deps;
  const changes = createAccessRecords(deps.audit, {
    eventType: LOG_CONTROL,
    permitted: "changes what is logged",
    denied: "may not change what is logged",
  });
  return {
    /** Where denied requests go on record. */
    denied: changes.denied,

    /** Leaves no record: it holds no events. */
    show: (): LogLevelsShown => shownLevels(levels),

    async change(body: LogLevelBody, caller: Caller): Promise<LogLevelsShown> {
      const { level, component = null, for: forMs = null } = body;
      if (component !== null && !levels.isKnown(component)) {
        throw new HttpError("not_found", `There is no component "${component}".`);
      }
      const bound = tenantScope(caller.principal) !== null;
      await changes.permitted(caller, changeOf(body), bound ? beyondTenant("What is logged") : undefined);
      await levels.change({ level, component, forMs });
      return shownLevels(levels);
    },
  };
}

/** As it goes on record. */
export function changeOf(body: LogLevelBody): Act {
  return { operation: "log_level", asked: askedOfLevels(body) };
}
