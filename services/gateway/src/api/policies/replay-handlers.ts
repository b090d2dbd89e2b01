import type { AuditLog } from "@sark/audit";
import type { AuditReader, EventFilter } from "@sark/audit/store";
import type { Caller } from "../../domain/governance.ts";
import { POLICY_CONTROL } from "../../governance/own-event-types.ts";
import { createAccessRecords, type Act } from "../access/access-records.ts";
import { beyondTenant, tenantScope } from "../access/tenant-scope.ts";
import { candidateOf } from "./parameters.ts";
import { replayDecisions } from "./replay.ts";
import { replayFilter, type ReplayBody } from "./replay-parameters.ts";
import { showReplay } from "./replay-presentation.ts";
import type { PolicyReplayShown } from "./replay-responses.ts";
import { busy, type Trials } from "./trials.ts";
import { trialOf } from "./trial-records.ts";

/** On top of the time that a replay is given: its last page, and the loading of the policies. */
const GRACE_MS = 10_000;

/** `POST /admin/v1/policies/replay`: recorded decisions by other policies, one replay at a time. */
export function createReplay(deps: {
  readonly audit: Pick<AuditLog, "record">;
  readonly reader: Pick<AuditReader, "events" | "payloadsOf">;
  readonly trials: Trials;
}) {
  const { reader, trials } = deps;
  const reads = createAccessRecords(deps.audit, {
    eventType: POLICY_CONTROL,
    permitted: "replays recorded decisions",
    denied: "may not replay recorded decisions",
  });
  let running = false;

  return {
    /** Where denied requests go on record. */
    denied: reads.denied,

    async replay(body: ReplayBody, caller: Caller, clientLeft: AbortSignal): Promise<PolicyReplayShown> {
      const tenant = tenantScope(caller.principal);
      const candidate = candidateOf(body, tenant);
      const wanted = replayFilter(body);
      const isElsewhere = tenant !== null && wanted.tenant_id !== undefined && wanted.tenant_id !== tenant;
      await reads.permitted(
        caller,
        replayOf(body, wanted, trials.revisionOf(candidate)),
        isElsewhere ? beyondTenant("tenant", "tenant") : undefined,
      );
      if (running) {
        throw busy("Decisions are being replayed on this replica already; try again.");
      }
      running = true;
      try {
        const { timeout, limit, cursor, unseen } = body;
        const until = performance.now() + timeout;
        return await trials.attempt(candidate, { clientLeft, timeoutMs: timeout + GRACE_MS }, async (set) =>
          showReplay(
            set,
            await replayDecisions(reader, set, {
              filter: tenant === null ? wanted : { ...wanted, tenant_id: tenant },
              cursor,
              limit,
              until,
              unseen,
              clientLeft,
            }),
          ),
        );
      } finally {
        running = false;
      }
    },
  };
}

/** As it goes on record. */
export function replayOf(body: ReplayBody, filter: EventFilter, revision: string | null): Act {
  const { operation, asked } = trialOf("replay", body, revision);
  return {
    operation,
    asked: { ...asked, filter: { ...filter } as Record<string, string>, limit: body.limit },
  };
}
