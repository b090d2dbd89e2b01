import { targetOf, type Target } from "./target.ts";
import type { Recorder } from "@sark/observability/metrics";
import { CIRCUIT_STATES } from "../engine/ports/circuit-view.ts";
import type { RunnerSnapshot } from "../engine/runner/snapshot.ts";
import type { Delivery } from "../engine/delivery.ts";
import type { DeliveryCatalog } from "./catalog.ts";

/** Has the gauges of deliveries read at each scrape. Only the replica that delivers shows a destination's figures. */
export function exposeDelivery(
  recorder: Recorder<DeliveryCatalog>,
  delivery: Pick<Delivery, "snapshots">,
): void {
  const all = () => delivery.snapshots().filter(({ enabled }) => enabled);
  // From 0 on: a series that begins with the first refused event has not grown, and no alert would see it.
  for (const { name, platform } of all()) {
    recorder.increment("sark_siem_events_quarantined_total", targetOf(name, platform), 0);
  }
  const led = (): (readonly [Target, RunnerSnapshot])[] =>
    all().flatMap((snapshot) =>
      snapshot.leading === null
        ? []
        : [[targetOf(snapshot.name, snapshot.platform), snapshot.leading] as const],
    );
  const read = (value: (snapshot: RunnerSnapshot) => number) => () =>
    led().map(([labels, snapshot]) => ({ labels, value: value(snapshot) }));

  recorder.onCollect("sark_siem_leading", () =>
    all().map((snapshot) => ({
      labels: targetOf(snapshot.name, snapshot.platform),
      value: Number(snapshot.leading !== null),
    })),
  );
  recorder.onCollect(
    "sark_siem_connection_up",
    read(({ circuit }) => Number(circuit.failures === 0)),
  );
  recorder.onCollect("sark_siem_breaker_state", () =>
    led().flatMap(([target, { circuit }]) =>
      CIRCUIT_STATES.map((state) => ({
        labels: { ...target, state },
        value: Number(circuit.state === state),
      })),
    ),
  );
  recorder.onCollect("sark_siem_paused", () =>
    led().flatMap(([target, { state }]) => [
      { labels: { ...target, reason: "operator" as const }, value: Number(state === "paused") },
      { labels: { ...target, reason: "configuration" as const }, value: Number(state === "configuration") },
    ]),
  );
  recorder.onCollect(
    "sark_siem_backlog_events",
    read(({ backlog }) => backlog.events),
  );
  recorder.onCollect("sark_siem_backlog_seconds", read(backlogSeconds));
  recorder.onCollect(
    "sark_siem_awaiting_events",
    read(({ awaiting }) => awaiting?.events ?? 0),
  );
  recorder.onCollect("sark_siem_awaiting_seconds", read(awaitingSeconds));
  recorder.onCollect(
    "sark_siem_quarantined_events",
    read(({ quarantined }) => quarantined),
  );
  recorder.onCollect(
    "sark_siem_requests_in_flight",
    read(({ concurrency }) => concurrency.inFlight),
  );
  recorder.onCollect(
    "sark_siem_concurrency_limit",
    read(({ concurrency }) => concurrency.limit),
  );
}

export function awaitingSeconds({ awaiting }: RunnerSnapshot): number {
  return awaiting === null ? 0 : Math.max(0, (Date.now() - awaiting.since) / 1_000);
}

export function backlogSeconds({ backlog }: RunnerSnapshot): number {
  return backlog.since === null ? 0 : Math.max(0, (Date.now() - Date.parse(backlog.since)) / 1_000);
}
