import type { AuditLog } from "@sark/audit";
import type { Delivery, DestinationStatus } from "@sark/audit/delivery";
import type { LogShipping } from "@sark/audit/log-shipping";
import type { Caller } from "../../domain/governance.ts";
import type { JsonObject } from "@sark/json";
import { AUDIT_READ, SIEM_CONTROL } from "../../governance/own-event-types.ts";
import { createAccessRecords, type Act } from "../access/access-records.ts";
import { beyondTenant, tenantScope } from "../access/tenant-scope.ts";
import { HttpError } from "../../transport/errors.ts";
import { asked } from "./failures.ts";
import type { Discard, Flush, Pause, QuarantineQuery, Removal, Replay, Resume } from "./parameters.ts";
import { showDestination, showQuarantine } from "./presentation.ts";

export type DeliveriesApi = ReturnType<typeof createDeliveriesApi>;

/** `/api/v1/siem/…`: how deliveries to SIEMs stand, and what people do about them. What changes something is an event. */
export function createDeliveriesApi(deps: {
  readonly audit: Pick<AuditLog, "record">;
  readonly delivery: Deliveries & { readonly control: Pick<Delivery["control"], "remove"> };
  /** Logs of this replica that are shipped are listed and steered in the same way. */
  readonly logs: { shipping(): Deliveries | undefined };
}) {
  const { audit, delivery, logs } = deps;
  const changes = createAccessRecords(audit, {
    eventType: SIEM_CONTROL,
    permitted: "changes a delivery of the audit log",
    denied: "may not change deliveries of the audit log",
  });
  const reads = createAccessRecords(audit, {
    eventType: AUDIT_READ,
    permitted: "reads a quarantine of the audit log",
    denied: "may not read a quarantine of the audit log",
  });
  /** What delivers under this name; the audit log's deliveries where nothing does. */
  const serving = (name: string): Deliveries => {
    const shipping = logs.shipping();
    return shipping !== undefined && delivers(shipping, name) ? shipping : delivery;
  };
  const isConfigured = (name: string) => delivers(serving(name), name);
  const show = (status: DestinationStatus) => {
    const source = serving(status.name) === delivery ? "audit_log" : "log_files";
    return showDestination(status, { configured: isConfigured(status.name), source });
  };

  async function allStatuses(): Promise<readonly DestinationStatus[]> {
    const shipped = logs.shipping()?.control.status() ?? Promise.resolve([]);
    return (await Promise.all([delivery.control.status(), shipped])).flat();
  }

  async function statusOf(name: string): Promise<DestinationStatus> {
    const statuses = await asked(() => serving(name).control.status());
    const found = statuses.find((one) => one.name === name);
    if (found === undefined) {
      throw new HttpError("not_found", `There is no destination "${name}".`);
    }
    return found;
  }

  const onRecord = (
    operation: string,
    name: string,
    caller: Caller,
    input: JsonObject,
    denial?: HttpError,
  ): Promise<void> => changes.permitted(caller, changeOf(operation, name, input), denial);

  /** A delivery carries the events of all tenants, and lines of logs belong to none. */
  const forAllTenants = (caller: Caller, what: string): HttpError | undefined =>
    tenantScope(caller.principal) === null ? undefined : beyondTenant(what);
  /** In a quarantine of events, those who are bound to a tenant see and steer what is its own. */
  const ofLines = (name: string, caller: Caller): HttpError | undefined =>
    serving(name) === delivery ? undefined : forAllTenants(caller, `The destination "${name}"`);

  /** How a destination stands counts the events of all tenants, and may quote what its receiver said of any of them. */
  async function statusFor(caller: Caller, what: string, asks: JsonObject): Promise<void> {
    const denial = forAllTenants(caller, what);
    if (denial !== undefined) {
      await reads.permitted(caller, { operation: "destinations", asked: asks }, denial);
    }
  }

  /** On record, then known to exist: ids that do not are on record, too. */
  async function begin(
    operation: string,
    name: string,
    caller: Caller,
    input: JsonObject = {},
  ): Promise<void> {
    await onRecord(operation, name, caller, input, forAllTenants(caller, `The destination "${name}"`));
    await asked(() => serving(name).control.cursor(name));
  }

  /** Of a destination, or of a log. Rejects when there is none of this name. */
  async function quarantineOf(name: string): Promise<Delivery["quarantine"]> {
    const { control, quarantine } = serving(name);
    await asked(() => control.cursor(name));
    return quarantine;
  }

  /** Waits until what was committed is settled, as long as the caller likes; the request stands also after that. */
  async function flushOne(
    status: DestinationStatus,
    waitMs: number,
    clientLeft: AbortSignal,
  ): Promise<boolean> {
    const { name, state, behind } = status;
    if (isHeld(status)) {
      return behind === 0;
    }
    const signal = AbortSignal.any([clientLeft, AbortSignal.timeout(takesEvents(state) ? waitMs : 0)]);
    return asked(() =>
      serving(name)
        .flush(name, signal)
        .then(
          () => true,
          (error: unknown) => {
            if (signal.aborted) {
              return false;
            }
            throw error;
          },
        ),
    );
  }

  return {
    /** Where denied requests go on record. */
    denied: { change: changes.denied, read: reads.denied },

    /** Leaves no record: monitors ask for it without end, and it holds no events. */
    async destinations(caller: Caller) {
      await statusFor(caller, "All destinations", { all: true });
      const statuses = await asked(allStatuses);
      return { balanced: statuses.every(({ addsUp }) => addsUp), destinations: statuses.map(show) };
    },

    async destination(name: string, caller: Caller) {
      await statusFor(caller, `The destination "${name}"`, { destination: name });
      return show(await statusOf(name));
    },

    async pause(name: string, { reason }: Pause, caller: Caller) {
      await begin("pause", name, caller, { reason });
      await asked(() => serving(name).control.pause(name, reason));
      serving(name).wake();
      return show(await statusOf(name));
    },

    async resume(name: string, { reason }: Resume, caller: Caller) {
      await begin("resume", name, caller, { reason });
      await asked(() => serving(name).control.resume(name));
      serving(name).wake();
      return show(await statusOf(name));
    },

    async flush(name: string, { wait_ms, reason }: Flush, caller: Caller, clientLeft: AbortSignal) {
      await begin("flush", name, caller, { reason });
      const status = await statusOf(name);
      if (isHeld(status)) {
        const why = status.enabled ? "is paused" : "is not enabled";
        const message = `The destination "${name}" ${why}: nothing is sent to it.`;
        throw new HttpError("destination_held", message);
      }
      const settled = await flushOne(status, wait_ms, clientLeft);
      return { settled, destination: show(await statusOf(name)) };
    },

    /** The same for every destination that is configured and enabled; one that is paused keeps what it has not. */
    async flushAll({ wait_ms, reason }: Flush, caller: Caller, clientLeft: AbortSignal) {
      await changes.permitted(caller, flushAllOf(reason), forAllTenants(caller, "All destinations"));
      const statuses = (await asked(allStatuses)).filter(
        ({ name, enabled }) => enabled && isConfigured(name),
      );
      const settled = await Promise.all(statuses.map((status) => flushOne(status, wait_ms, clientLeft)));
      const now = await asked(allStatuses);
      const destinations = statuses.map((before, at) => ({
        settled: settled[at] ?? false,
        destination: show(now.find(({ name }) => name === before.name) ?? before),
      }));
      return { settled: settled.every(Boolean), destinations };
    },

    /** Shows events, and so is a read of the log. */
    async quarantine(name: string, { cursor, limit }: QuarantineQuery, asks: JsonObject, caller: Caller) {
      await reads.permitted(caller, quarantineRead(name, asks), ofLines(name, caller));
      const quarantine = await quarantineOf(name);
      const page = { limit, ...(cursor !== undefined && { afterSeq: cursor }), ...tenantOf(caller) };
      return showQuarantine(await asked(() => quarantine.list(name, page)), limit);
    },

    async replay(name: string, { seqs, all, reason }: Replay, caller: Caller) {
      await onRecord("replay", name, caller, { reason, ...selected({ seqs, all }) }, ofLines(name, caller));
      const quarantine = await quarantineOf(name);
      const selection = { destination: name, ...(seqs && { seqs }), ...tenantOf(caller) };
      const replaying = await asked(() => quarantine.replay(selection));
      if (replaying === 0 && seqs) {
        throw notInQuarantine(name);
      }
      serving(name).wake();
      const seesAll = tenantScope(caller.principal) === null;
      return { replaying, destination: seesAll ? show(await statusOf(name)) : null };
    },

    async discard(name: string, { seqs, all, reason }: Discard, caller: Caller) {
      await onRecord("discard", name, caller, { reason, ...selected({ seqs, all }) }, ofLines(name, caller));
      const quarantine = await quarantineOf(name);
      const selection = { destination: name, ...(seqs && { seqs }), ...tenantOf(caller) };
      const discarded = await asked(() => quarantine.discard(selection));
      if (discarded === 0 && seqs) {
        throw notInQuarantine(name);
      }
      return { discarded };
    },

    /** Ends retention's wait for a destination that is in no configuration any more, and forgets its quarantine. */
    async remove(name: string, { reason }: Removal, caller: Caller): Promise<void> {
      await begin("remove", name, caller, { reason });
      if (isConfigured(name)) {
        const message = `The destination "${name}" is configured: take it out of the configuration first.`;
        throw new HttpError("destination_held", message);
      }
      await asked(() => delivery.control.remove(name));
    },
  };
}

/** As it goes on record. */
export function changeOf(operation: string, name: string, input: JsonObject = {}): Act {
  return { operation, asked: { destination: name, ...input } };
}

/** The same for all destinations at once. */
export function flushAllOf(reason: string): Act {
  return { operation: "flush", asked: { all: true, reason } };
}

export function quarantineRead(name: string, asks: JsonObject): Act {
  return { operation: "quarantine", asked: { destination: name, ...asks } };
}

/** What a replay or a discard is asked for. */
export function selected({ seqs, all }: { seqs?: number[] | undefined; all?: true | undefined }): JsonObject {
  if (all !== undefined) {
    return { all };
  }
  return seqs === undefined ? {} : { seqs };
}

function tenantOf({ principal }: Caller): { readonly tenant?: string } {
  const tenant = tenantScope(principal);
  return tenant === null ? {} : { tenant };
}

/** What delivers, and is steered: the audit log's deliveries, or the shipping of log files. */
export type Deliveries = Pick<Delivery, "snapshots" | "wake" | "flush" | "quarantine"> &
  Pick<LogShipping, "control">;

function delivers({ snapshots }: Deliveries, name: string): boolean {
  return snapshots().some((one) => one.name === name);
}

/** Nothing is sent to it, whatever is asked for. */
function isHeld({ enabled, paused }: DestinationStatus): boolean {
  return !enabled || paused !== null;
}

/** Whether it is worth waiting for. One that was resumed a moment ago may not have said yet that it is paused no more. */
function takesEvents(state: string | null): boolean {
  return state !== "open" && state !== "configuration";
}

function notInQuarantine(name: string): HttpError {
  return new HttpError("not_found", `None of these events is in the quarantine of "${name}".`);
}
