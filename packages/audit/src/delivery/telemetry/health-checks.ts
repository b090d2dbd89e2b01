import type { CheckResult, HealthCheck } from "@sark/observability/health";
import type { Delivery, DestinationSnapshot } from "../engine/delivery.ts";
import { DeliveryError } from "../domain/errors.ts";
import { awaitingSeconds, backlogSeconds } from "./gauges.ts";

/** The state of the delivery is looked at this often, in milliseconds; the receiver is asked as its destination says. */
const INTERVAL_MS = 2_000;

/**
 * One check for each enabled destination (SIEM-6, HLT-1). None is required: what a destination misses is kept. The
 * receiver is asked itself as long as nothing says that it is down.
 */
export function deliveryHealthChecks(delivery: Pick<Delivery, "snapshots" | "check">): HealthCheck[] {
  const find = (name: string) => delivery.snapshots().find((one) => one.name === name);
  return delivery
    .snapshots()
    .filter(({ enabled }) => enabled)
    .map(({ name }) => ({
      name: `siem:${name}`,
      component: "siem",
      required: false,
      intervalMs: INTERVAL_MS,
      check: createCheck(
        () => find(name),
        (signal) => delivery.check(name, signal),
      ),
      known: () => detailsOf(find(name)),
    }));
}

function createCheck(
  find: () => DestinationSnapshot | undefined,
  ask: (signal: AbortSignal) => Promise<void>,
): HealthCheck["check"] {
  /** The last time that it was asked; what it said stands until it may be asked again, also when that is bad. */
  let last: { readonly at: number; readonly error: unknown } | undefined;
  return (signal) => {
    const snapshot = find();
    const intervalMs = snapshot?.probeIntervalMs ?? 0;
    return report(snapshot, async () => {
      if (hasDelivered(snapshot, intervalMs)) {
        return;
      }
      const at = performance.now();
      if (last === undefined || at - last.at >= intervalMs) {
        last = {
          at,
          error: await ask(signal).then(
            () => null,
            (error: unknown) => error ?? new Error("the check failed"),
          ),
        };
      }
      if (last.error !== null) {
        throw last.error;
      }
    });
  };
}

/** What just took events is there, and need not be asked. */
function hasDelivered(snapshot: DestinationSnapshot | undefined, withinMs: number): boolean {
  const at = snapshot?.leading?.sent.lastDeliveredAt ?? null;
  return at !== null && Math.abs(Date.now() - at) < withinMs;
}

async function report(
  snapshot: DestinationSnapshot | undefined,
  ask: () => Promise<void>,
): Promise<CheckResult> {
  const leading = snapshot?.leading ?? null;
  if (leading === null) {
    await ask();
    return { message: "another replica forwards, or none yet" };
  }
  const { state, reason } = leading;
  if (state === "configuration" || state === "open") {
    const { failures } = leading.circuit;
    const what =
      state === "open" ? `breaker ${leading.circuit.state} after ${failures} failures` : "configuration";
    const behind = `${leading.backlog.events} events and ${Math.round(backlogSeconds(leading))} s behind`;
    throw new DeliveryError("receiver_unavailable", `${what}, ${behind}: ${reason}`);
  }
  await ask();
  return { message: state === "paused" ? "paused by an operator" : state };
}

function detailsOf(snapshot: DestinationSnapshot | undefined): Record<string, unknown> {
  const leading = snapshot?.leading ?? null;
  if (leading === null) {
    return { leading: false, platform: snapshot?.platform };
  }
  const { circuit, compression, sent, backlog, awaiting } = leading;
  return {
    leading: true,
    platform: snapshot?.platform,
    state: leading.state,
    breaker: {
      state: circuit.state,
      failures: circuit.failures,
      since: new Date(circuit.since).toISOString(),
      next_attempt_at: showTime(leading.nextAttemptAt),
    },
    batching: { ...leading.batching, lastBatchEvents: sent.lastBatchEvents },
    compression: {
      encoding: compression,
      contentBytes: sent.contentBytes,
      sentBytes: sent.sentBytes,
      ratio: sent.sentBytes === 0 ? null : round(sent.contentBytes / sent.sentBytes),
    },
    concurrency: leading.concurrency,
    backlog: { events: backlog.events, seconds: round(backlogSeconds(leading)) },
    awaiting: { events: awaiting?.events ?? 0, seconds: round(awaitingSeconds(leading)) },
    quarantined: leading.quarantined,
    last_delivered: showTime(sent.lastDeliveredAt),
  };
}

function showTime(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
