import { databasePools } from "@sark/audit/telemetry";
import type { Health } from "@sark/observability/health";
import { createProfiler } from "@sark/observability/profiling";
import { createLogLevelControl } from "@sark/observability/service";
import { createLogLevelsApi } from "../api/log-levels/handlers.ts";
import { createPoliciesApi } from "../api/policies/handlers.ts";
import { createProfilesApi } from "../api/profiles/handlers.ts";
import { createStatusApi } from "../api/status/handlers.ts";
import { createToolsApi } from "../api/tools/handlers.ts";
import { createUpstreamsApi } from "../api/upstreams/handlers.ts";
import type { ProcessGroup } from "../domain/process-group.ts";
import type { PolicyWorkbench } from "../domain/policy-sets.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { version } from "../product/version.ts";
import { createGroupLogLevels } from "./group-log-levels.ts";
import { replicaName } from "./replica-name.ts";
import type { StartedAudit } from "./audit.ts";
import type { Cleanup } from "@sark/service-start";

/** What the handlers of the administrative endpoints work on that look at the whole of a replica. */
export function operatorApis(
  deps: {
    readonly auditing: Pick<StartedAudit, "audit" | "reader">;
    readonly workbench: PolicyWorkbench;
    readonly telemetry: Pick<Telemetry, "logger" | "logLevels" | "runtime">;
    readonly group: ProcessGroup;
    /** Takes what the signal for debugging does. */
    onLevelSignal(act: () => void): void;
    readonly upstreams: Parameters<typeof createUpstreamsApi>[0]["upstreams"] &
      Pick<Parameters<typeof createPoliciesApi>[0], "sensitivityOf">;
  } & Omit<Parameters<typeof createUpstreamsApi>[0], "upstreams" | "health"> &
    Omit<Parameters<typeof createStatusApi>[0], "version" | "replica" | "audit" | "health"> & {
      readonly health: Health;
    },
  cleanups: Cleanup[],
) {
  const { auditing, workbench, telemetry, upstreams, group } = deps;
  telemetry.runtime.watchDependencies(deps.health.components);
  telemetry.runtime.watchPools({
    database: databasePools,
    upstreams: () => upstreams.list().map(({ upstream }) => [upstream.name, upstream.stats()]),
  });
  const levels = createLogLevelControl(telemetry.logger, telemetry.logLevels);
  cleanups.push(async () => levels.close());
  const logLevels = createGroupLogLevels(group, levels, telemetry.logLevels);
  deps.onLevelSignal(logLevels.signalled);
  return {
    policies: createPoliciesApi({ ...auditing, workbench, sensitivityOf: upstreams.sensitivityOf }),
    status: createStatusApi({ ...deps, version, replica: replicaName(), audit: auditing.audit }),
    tools: createToolsApi(auditing),
    upstreams: createUpstreamsApi(deps),
    profiles: createProfilesApi({ audit: auditing.audit, profiler: createProfiler(), worker: group.worker }),
    logLevels: createLogLevelsApi({ audit: auditing.audit, levels: logLevels }),
  };
}
