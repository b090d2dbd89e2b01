import { databasePools } from "@sark/audit/telemetry";
import type { Health } from "@sark/observability/health";
import { createProfiler } from "@sark/observability/profiling";
import {
  createLevelSignal,
  createLogLevelControl,
  type LevelChange,
  type LevelInForce,
  type LogLevelControl,
} from "@sark/observability/service";
import { createLogLevelsApi } from "../api/log-levels/handlers.ts";
import { createPoliciesApi } from "../api/policies/handlers.ts";
import { createProfilesApi } from "../api/profiles/handlers.ts";
import { createStatusApi } from "../api/status/handlers.ts";
import { createToolsApi } from "../api/tools/handlers.ts";
import { createUpstreamsApi } from "../api/upstreams/handlers.ts";
import type { Json } from "@sark/json";
import type { ProcessGroup } from "../domain/process-group.ts";
import type { PolicyWorkbench } from "../domain/policy-sets.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { version } from "../product/version.ts";
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
  deps.onLevelSignal(createLevelSignal(levels, telemetry.logLevels));
  return {
    policies: createPoliciesApi({ ...auditing, workbench, sensitivityOf: upstreams.sensitivityOf }),
    status: createStatusApi({ ...deps, version, replica: replicaName(), audit: auditing.audit }),
    tools: createToolsApi(auditing),
    upstreams: createUpstreamsApi(deps),
    profiles: createProfilesApi({ audit: auditing.audit, profiler: createProfiler() }),
    logLevels: createLogLevelsApi({ audit: auditing.audit, levels: changedInGroup(group, levels) }),
  };
}

/** A change is for all processes behind one address: which of them a request reaches is not known. */
function changedInGroup(group: ProcessGroup, own: LogLevelControl) {
  /** What was changed while the others were asked what is in force here. */
  let meanwhile: LevelChange[] | null = [];
  group.onAsked("log-level", (change) => {
    own.change(change as unknown as LevelChange);
    meanwhile?.push(change as unknown as LevelChange);
    return null;
  });
  group.onAsked("log-levels-in-force", () => (own.inForce() as Json | null) ?? null);
  void group.ask("log-levels-in-force", null).then((responses) => {
    const later = meanwhile ?? [];
    meanwhile = null;
    const inForce = responses.find((one) => one !== null) as LevelInForce[] | undefined;
    for (const { component, level, at } of inForce ?? []) {
      const forMs = at === null ? null : Math.max(1, at - Date.now());
      own.change({ component, level, forMs });
    }
    for (const change of inForce === undefined ? [] : later) {
      own.change(change);
    }
  });
  return {
    ...own,
    async change(change: LevelChange): Promise<void> {
      await group.ask("log-level", { ...change });
    },
  };
}
