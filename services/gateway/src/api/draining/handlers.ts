import type { AuditLog } from "@sark/audit";
import type { Caller } from "../../domain/governance.ts";
import type { DrainStatus } from "../../draining/drain-control.ts";
import type { GroupDrain } from "../../draining/group-drain.ts";
import { DRAIN_CONTROL } from "../../governance/own-event-types.ts";
import { HttpError } from "../../transport/errors.ts";
import { createAccessRecords, type Act } from "../access/access-records.ts";
import { beyondTenant, tenantScope } from "../access/tenant-scope.ts";
import type { DrainRequest, UndrainRequest } from "./parameters.ts";
import type { ShownDrain } from "./responses.ts";

export type DrainingApi = ReturnType<typeof createDrainingApi>;

/** `/admin/v1/drain`: taking this replica out of service and back. What changes that is an event. */
export function createDrainingApi(deps: {
  readonly audit: Pick<AuditLog, "record">;
  readonly drain: GroupDrain;
  /** How long balancers take to notice that this replica is not ready. */
  readonly delayMs: number;
}) {
  const { drain, delayMs } = deps;
  const changes = createAccessRecords(deps.audit, {
    eventType: DRAIN_CONTROL,
    permitted: "takes a gateway out of service, or back",
    denied: "may not take a gateway out of service, or back",
  });
  return {
    /** Where denied requests go on record. */
    denied: changes.denied,

    /** Leaves no record: it holds no events. */
    async status(caller: Caller): Promise<ShownDrain> {
      const denial = forAllTenants(caller);
      if (denial !== undefined) {
        await changes.permitted(caller, { operation: "drain_status", asked: {} }, denial);
      }
      return show(await drain.status());
    },

    async drain(body: DrainRequest, caller: Caller): Promise<ShownDrain> {
      await changes.permitted(caller, drainOf(body), forAllTenants(caller));
      return show(await drain.begin({ timeoutMs: body.timeout, delayMs }));
    },

    async undrain(body: UndrainRequest, caller: Caller): Promise<ShownDrain> {
      await changes.permitted(caller, undrainOf(body), forAllTenants(caller));
      const status = await drain.end();
      if (status === null) {
        throw new HttpError("gateway_ending", "The process of this gateway ends: it cannot be taken back.");
      }
      return show(status);
    },
  };
}

/** As it goes on record. */
export function drainOf({ timeout, reason }: DrainRequest): Act {
  return { operation: "drain", asked: { timeout_ms: timeout, reason } };
}

export function undrainOf({ reason }: UndrainRequest): Act {
  return { operation: "undrain", asked: { reason } };
}

/** A gateway serves all tenants. */
function forAllTenants({ principal }: Caller): HttpError | undefined {
  return tenantScope(principal) === null ? undefined : beyondTenant("A gateway");
}

function show({ state, since, cutAt, callsRunning, streamsOpen, callsCut }: DrainStatus): ShownDrain {
  return {
    state,
    since: timeOf(since),
    cut_at: timeOf(cutAt),
    calls_running: callsRunning,
    streams_open: streamsOpen,
    calls_cut: callsCut,
  };
}

function timeOf(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString();
}
