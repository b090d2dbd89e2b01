import type { CheckResult, HealthCheck } from "@sark/observability";
import type { RunnerSnapshot } from "../engine/snapshot.ts";
import type { Delivery, DestinationSnapshot } from "../engine/start-delivery.ts";
import { DeliveryError } from "../errors.ts";
import { backlogSeconds } from "./gauges.ts";

/** Receivers are asked this often, in milliseconds; the state of the delivery shows in between. */
const INTERVAL_MS = 15_000;

/**
 * One check for each enabled destination (SIEM-6, HLT-1). None is required: what a destination misses is kept. The
 * receiver is asked itself as long as nothing says that it is down.
 */
export function deliveryHealthChecks(delivery: Pick<Delivery, "snapshots" | "check">): HealthCheck[] {
  return delivery
    .snapshots()
    .filter(({ enabled }) => enabled)
    .map(({ name }) => ({
      name: `siem:${name}`,
      component: "siem",
      required: false,
      intervalMs: INTERVAL_MS,
      async check(signal: AbortSignal): Promise<CheckResult> {
        const snapshot = delivery.snapshots().find((one) => one.name === name);
        return report(snapshot, () => delivery.check(name, signal));
      },
    }));
}

async function report(
  snapshot: DestinationSnapshot | undefined,
  ask: () => Promise<void>,
): Promise<CheckResult> {
  const leading = snapshot?.leading ?? null;
  if (snapshot === undefined || leading === null) {
    await ask();
    return { message: "another replica forwards, or none yet", details: { leading: false } };
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
  return {
    message: state === "paused" ? "paused by somebody" : state,
    details: detailsOf(snapshot, leading),
  };
}

function detailsOf({ platform }: DestinationSnapshot, leading: RunnerSnapshot): Record<string, unknown> {
  const { circuit, compression, sent, backlog } = leading;
  return {
    leading: true,
    platform,
    state: leading.state,
    breaker: {
      state: circuit.state,
      failures: circuit.failures,
      since: new Date(circuit.since).toISOString(),
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
    quarantined: leading.quarantined,
    last_delivered: sent.lastDeliveredAt === null ? null : new Date(sent.lastDeliveredAt).toISOString(),
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
