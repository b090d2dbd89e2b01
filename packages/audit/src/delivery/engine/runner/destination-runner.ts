import type { ForwardCheckpoints } from "./forward-checkpoints.ts";
import type { Deliverable } from "../../domain/deliverable.ts";
import type { Feed } from "../ports/feed.ts";
import type { DestinationRow, Ledger, ReportedState } from "../ports/ledger.ts";
import type { DeliveryObserver } from "../ports/observer.ts";
import type { PreparedRequest, Sink } from "../../domain/sink.ts";
import { createAdmissionQueue } from "../pacing/admission.ts";
import { createAwaiting } from "../sending/awaiting.ts";
import { createCircuit } from "../pacing/circuit.ts";
import { createConcurrencyLimit } from "../pacing/concurrency.ts";
import { createCursorWriter } from "../progress/cursor-writer.ts";
import { deliverBatch, type BatchDeps } from "../sending/deliver-batch.ts";
import { createDestinationReporter } from "./destination-reporter.ts";
import { createEventBuffer } from "../batching/event-buffer.ts";
import { createReader } from "../batching/reader.ts";
import { createRefusalGuard, UNGUARDED } from "../sending/refusal-guard.ts";
import { createRecoveryProbe } from "../pacing/recovery-probe.ts";
import { createReplayer } from "./replayer.ts";
import { createRequestSize } from "../pacing/request-size.ts";
import type { DeliverySettings } from "../settings/settings.ts";
import { stateOf, type RunnerSnapshot } from "./snapshot.ts";
import { createStateReporter } from "./state-reporter.ts";
import { createWindow } from "../progress/window.ts";

export interface RunnerDeps<E extends Deliverable> {
  readonly name: string;
  readonly sink: Sink<PreparedRequest<E>>;
  readonly settings: DeliverySettings;
  readonly feed: Feed<E>;
  readonly ledger: Ledger<E>;
  /** What tells the destination of signed checkpoints, where there are any. */
  readonly forwardCheckpoints?: ForwardCheckpoints<E> | undefined;
  readonly observer: DeliveryObserver;
  /** What the ledger says at the start. */
  readonly row: DestinationRow;
  /** Another process moved the cursor; this runner is of no use any more. */
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

/** Events and bytes of a page of the log, and of what is read before it can be sent. */
const PAGE_EVENTS = 1_000;
const PAGE_BYTES = 8 * 1024 * 1024;
/** At least, and twice what a request may carry: the next one is prepared while one is under way. */
const READ_AHEAD_EVENTS = 2_000;
const READ_AHEAD_REQUESTS = 3;
const READ_AHEAD_BYTES = 8 * 1024 * 1024;

export function startDestinationRunner<E extends Deliverable>(deps: RunnerDeps<E>): DestinationRunner {
  const { name, sink, settings, ledger, observer } = deps;
  const { platform } = sink;
  const aborter = new AbortController();
  const buffer = createEventBuffer<E>(settings);
  const window = createWindow<E>(deps.row.cursor);
  const limit = createConcurrencyLimit(settings.maxConcurrency);
  const circuit = createCircuit({ ...settings, ...settings.breaker }, (view) =>
    observer.circuitChanged(name, platform, view),
  );
  const maxBatches = Math.max(1, Math.floor(settings.maxCatchUpEvents / settings.maxEvents));
  const size = createRequestSize(maxBatches, settings.maxEvents);
  const readAhead = Math.max(READ_AHEAD_EVENTS, READ_AHEAD_REQUESTS * maxBatches * settings.maxEvents);
  const admission = createAdmissionQueue(circuit, limit, () => pump());
  const reporter = createDestinationReporter(observer, name, platform);
  const reportState = createStateReporter(name, ledger, reporter.storeFailed("report"));
  const batches = new Set<Promise<void>>();
  let { row } = deps;
  let { cursor } = row;
  let head = cursor;
  let stopping = false;
  let timer: NodeJS.Timeout | undefined;

  const guard = createRefusalGuard(settings.maxRefusalsInRow, row.refusedInRow);
  const awaiting = createAwaiting();
  const batchDeps: Omit<BatchDeps<E>, "delivered" | "quarantine"> = {
    sink,
    admission,
    guard,
    awaiting,
    signal: aborter.signal,
    finished(finished) {
      const { result, request, confirmation } = finished;
      const named = result.kind === "rejected" && result.index !== null;
      if (!confirmation) {
        size.finished(result.kind, request.events.length, named);
      }
      reporter.requestFinished(finished);
    },
  };
  const writer = createCursorWriter({
    name,
    window,
    ledger,
    refusals: () => ({ inRow: guard.inRow, resumes: row.resumes }),
    written(progress) {
      cursor = progress.to;
      reporter.progressWritten(progress);
      reader.readTo(head);
    },
    failed: reporter.storeFailed("advance"),
    lost: () => deps.lost(),
  });
  const reader = createReader(
    {
      feed: deps.feed,
      from: cursor,
      hasRoom: (events) =>
        buffer.events < readAhead &&
        buffer.bytes < READ_AHEAD_BYTES &&
        window.events + events <= settings.maxUnsettledEvents &&
        window.bytes < settings.maxUnsettledBytes,
      read(events, end) {
        window.add(events);
        window.skipTo(end);
        buffer.add(events);
        writer.schedule();
        pump();
      },
      failed: reporter.storeFailed("feed"),
    },
    { events: Math.min(PAGE_EVENTS, settings.maxUnsettledEvents), bytes: PAGE_BYTES },
  );
  const probe = createRecoveryProbe({
    circuit,
    everyMs: settings.probeMs,
    check: (signal) => sink.check(signal),
    recovered: () => admission.recheck(),
  });
  const replayer = createReplayer({
    name,
    ledger,
    maxEvents: settings.maxEvents,
    batch: { ...batchDeps, guard: UNGUARDED },
    replayed: reporter.replayed,
    failed: reporter.storeFailed("replay"),
  });

  const checkpoints = deps.forwardCheckpoints?.({
    name,
    ledger,
    last: row.checkpointSize,
    everyMs: settings.checkpointMs,
    batch: { ...batchDeps, guard: UNGUARDED, finished: reporter.requestFinished },
    failed: reporter.storeFailed("checkpoint"),
  });

  const mayForm = () => !stopping && admission.waiting === 0;

  /** Forms batches as long as requests can go out: what has to wait waits in the log, not in memory. */
  function pump(): void {
    clearTimeout(timer);
    while (mayForm()) {
      const batch = buffer.take(row.flushTo, size.batches);
      if (batch === null) {
        break;
      }
      track(deliver(batch));
    }
    reader.readTo(head);
    const dueMs = buffer.dueInMs();
    if (dueMs !== null && mayForm()) {
      timer = setTimeout(pump, dueMs);
    }
  }

  async function deliver(batch: readonly E[]): Promise<void> {
    await deliverBatch(batch, {
      ...batchDeps,
      delivered(events, as) {
        window.deliver(events, as);
        writer.schedule();
      },
      quarantine(event, reason) {
        window.quarantine(event, reason);
        writer.schedule();
      },
    });
  }

  function track(batch: Promise<void>): void {
    // It rejects when it is stopped only: its events stay in the log.
    const ended: Promise<void> = batch.catch(() => undefined).finally(() => batches.delete(ended));
    batches.add(ended);
  }

  const reported = (): ReportedState => ({
    ...stateOf(circuit.view(), row),
    nextAttemptAt: circuit.view().nextAttemptAt,
    awaiting: awaiting.view(),
  });

  return {
    observe(now, nextSeq) {
      if (now.resumes !== row.resumes) {
        guard.resumed();
        circuit.retryNow();
      }
      row = now;
      head = nextSeq;
      admission.pause(now.paused || !now.enabled);
      if (!now.paused) {
        probe.look();
      }
      admission.recheck();
      if (now.replaysWaiting && !stopping) {
        replayer.start();
      }
      if (!stopping) {
        checkpoints?.look(cursor);
      }
      reportState(reported());
      pump();
    },
    snapshot: () => ({
      ...reported(),
      circuit: circuit.view(),
      concurrency: { inFlight: admission.inFlight, limit: limit.current, max: settings.maxConcurrency },
      batching: {
        maxEvents: settings.maxEvents,
        maxWaitMs: settings.maxWaitMs,
        waiting: buffer.events,
        unsettled: window.events,
      },
      compression: settings.compression,
      sent: reporter.figures(),
      backlog: { events: Math.max(0, head - cursor), since: recordedAt(window.oldest()) },
      quarantined: row.quarantined,
    }),
    async stop() {
      stopping = true;
      clearTimeout(timer);
      reader.stop();
      probe.stop();
      admission.stop();
      await Promise.all([...batches, replayer.settled(), checkpoints?.settled()]);
      await writer.settled();
      writer.stop();
    },
    abort: () => aborter.abort(),
  };
}

function recordedAt(event: Deliverable | undefined): string | null {
  try {
    return event?.recordedAt ?? null;
  } catch {
    // A text that cannot be read; it will go into quarantine.
    return null;
  }
}
