import type { DeliverableEvent } from "../event.ts";
import type { Feed } from "../feed.ts";
import type { DestinationRow, Ledger } from "../ledger.ts";
import type { DeliveryObserver } from "../observer.ts";
import type { Sink } from "../sink.ts";
import { createAdmissionQueue, type AdmissionQueue } from "./admission.ts";
import { createCircuit } from "./circuit.ts";
import { createConcurrencyLimit } from "./concurrency.ts";
import { createCursorWriter } from "./cursor-writer.ts";
import { deliverBatch, type BatchDeps } from "./deliver-batch.ts";
import { createEventBuffer } from "./event-buffer.ts";
import { createReader } from "./reader.ts";
import { createRefusalGuard } from "./refusal-guard.ts";
import { createReplayer } from "./replayer.ts";
import { reportRequest } from "./report-request.ts";
import type { DeliverySettings } from "./settings.ts";
import { stateOf, type RunnerSnapshot } from "./snapshot.ts";
import { createWindow } from "./window.ts";

export interface RunnerDeps {
  readonly name: string;
  readonly sink: Sink;
  readonly settings: DeliverySettings;
  readonly feed: Feed;
  readonly ledger: Ledger;
  readonly observer: DeliveryObserver;
  /** The first event that is not settled. */
  readonly cursor: number;
  /** The cursor was moved by somebody else; this runner is of no use any more. */
  lost(): void;
}

/** Delivers one destination's events while this replica leads it. */
export interface DestinationRunner {
  /** What the ledger says now; `head` is the number that the next event will get. */
  observe(row: DestinationRow, head: number): void;
  snapshot(): RunnerSnapshot;
  /** Sends nothing new; resolves when what is under way has ended and is written down. */
  stop(): Promise<void>;
  /** Gives up what is under way; `stop` then resolves at once. */
  abort(): void;
}

/** Events and bytes of a page of the log. */
const PAGE_EVENTS = 1_000;
const PAGE_BYTES = 8 * 1024 * 1024;

export function startDestinationRunner(deps: RunnerDeps): DestinationRunner {
  const { name, sink, settings, ledger, observer } = deps;
  const { platform } = sink;
  const aborter = new AbortController();
  const buffer = createEventBuffer(settings);
  const window = createWindow(deps.cursor);
  const limit = createConcurrencyLimit(settings.maxConcurrency);
  const circuit = createCircuit({ ...settings, ...settings.breaker }, (view) =>
    observer.circuitChanged?.(name, platform, view),
  );
  const queue = createAdmissionQueue(circuit, limit);
  const batches = new Set<Promise<void>>();
  const totals = { contentBytes: 0, sentBytes: 0, lastBatchEvents: 0 };
  let row: DestinationRow | undefined;
  let head = deps.cursor;
  let cursor = deps.cursor;
  let resumes: number | undefined;
  let reported = "";
  let lastDeliveredAt: number | null = null;
  let stopping = false;
  let timer: NodeJS.Timeout | undefined;

  /** What is admitted makes room for the next batch. */
  const admission: AdmissionQueue = {
    ...queue,
    get inFlight() {
      return queue.inFlight;
    },
    get waiting() {
      return queue.waiting;
    },
    async enter(order) {
      const admitted = await queue.enter(order);
      queueMicrotask(pump);
      return admitted;
    },
  };
  const batchDeps: Omit<BatchDeps, "acknowledge" | "setAside"> = {
    sink,
    admission,
    guard: createRefusalGuard(settings.maxRefusalsInRow),
    signal: aborter.signal,
    finished(finished) {
      const { contentBytes, sentBytes, events } = finished.request;
      if (finished.outcome.kind === "delivered") lastDeliveredAt = Date.now();
      if (!finished.confirmation) {
        totals.contentBytes += contentBytes;
        totals.sentBytes += sentBytes;
        totals.lastBatchEvents = events.length;
      }
      reportRequest(observer, name, platform, finished);
    },
  };
  const writer = createCursorWriter({
    name,
    window,
    ledger,
    written({ to, acknowledged, purged, setAside }) {
      cursor = to;
      const counts = { acknowledged, purged, setAside: setAside.length, replayed: 0 };
      observer.settled?.({ destination: name, platform, ...counts });
      for (const { event, reason } of setAside) {
        observer.eventSetAside?.({ destination: name, seq: event.seq, id: event.id, reason });
      }
      reader.readTo(head);
    },
    failed: (error) => observer.storeFailed?.("advance", error),
    lost: () => deps.lost(),
  });
  const reader = createReader(
    {
      feed: deps.feed,
      from: deps.cursor,
      hasRoom: (events) =>
        window.events + events <= settings.maxUnsettledEvents && window.bytes < settings.maxUnsettledBytes,
      read(events, end) {
        window.add(events);
        window.skipTo(end);
        buffer.add(events);
        writer.schedule();
        pump();
      },
      failed: (error) => observer.storeFailed?.("feed", error),
    },
    { events: Math.min(PAGE_EVENTS, settings.maxUnsettledEvents), bytes: PAGE_BYTES },
  );
  const replayer = createReplayer({
    name,
    ledger,
    maxEvents: settings.maxEvents,
    batch: batchDeps,
    replayed(events) {
      const counts = { acknowledged: 0, purged: 0, setAside: 0, replayed: events };
      observer.settled?.({ destination: name, platform, ...counts });
    },
    failed: (error) => observer.storeFailed?.("replay", error),
  });

  const mayForm = () => !stopping && admission.waiting === 0;

  /** Forms batches as long as requests can go out: what has to wait waits in the log, not in memory. */
  function pump(): void {
    clearTimeout(timer);
    while (mayForm()) {
      const batch = buffer.take(row?.flushTo ?? 0);
      if (batch === null) break;
      track(deliver(batch));
    }
    reader.readTo(head);
    const dueMs = buffer.dueInMs();
    if (dueMs !== null && mayForm()) timer = setTimeout(pump, dueMs);
  }

  async function deliver(batch: readonly DeliverableEvent[]): Promise<void> {
    await deliverBatch(batch, {
      ...batchDeps,
      acknowledge(events) {
        window.acknowledge(events);
        writer.schedule();
      },
      setAside(event, reason) {
        window.setAside(event, reason);
        writer.schedule();
      },
    });
  }

  function track(batch: Promise<void>): void {
    // It rejects when it is stopped only: its events stay in the log.
    const ended: Promise<void> = batch.catch(() => undefined).finally(() => batches.delete(ended));
    batches.add(ended);
  }

  function reportState(): void {
    const state = stateOf(circuit.view(), row);
    const key = JSON.stringify(state);
    if (key === reported) return;
    reported = key;
    ledger.reportState(name, state).catch((error: unknown) => {
      reported = "";
      observer.storeFailed?.("report", error);
    });
  }

  return {
    observe(now, nextSeq) {
      row = now;
      head = nextSeq;
      queue.pause(now.paused || !now.enabled);
      if (resumes !== undefined && now.resumes !== resumes) circuit.retryNow();
      resumes = now.resumes;
      queue.recheck();
      if (now.replaysWaiting && !stopping) replayer.start();
      reportState();
      pump();
    },
    snapshot: () => ({
      ...stateOf(circuit.view(), row),
      circuit: circuit.view(),
      concurrency: { inFlight: queue.inFlight, limit: limit.current, max: settings.maxConcurrency },
      batching: {
        maxEvents: settings.maxEvents,
        maxWaitMs: settings.maxWaitMs,
        waiting: buffer.events,
        unsettled: window.events,
        lastBatchEvents: totals.lastBatchEvents,
      },
      compression: {
        encoding: settings.compression,
        contentBytes: totals.contentBytes,
        sentBytes: totals.sentBytes,
      },
      backlog: { events: Math.max(0, head - cursor), since: recordedAt(window.oldest()) },
      quarantined: row?.quarantined ?? 0,
      lastDeliveredAt,
    }),
    async stop() {
      stopping = true;
      clearTimeout(timer);
      reader.stop();
      queue.stop();
      await Promise.all([...batches, replayer.settled()]);
      await writer.settled();
      writer.stop();
    },
    abort: () => aborter.abort(),
  };
}

function recordedAt(event: DeliverableEvent | undefined): string | null {
  try {
    return event?.record.created_at ?? null;
  } catch {
    // A text that cannot be read; it will be set aside.
    return null;
  }
}
