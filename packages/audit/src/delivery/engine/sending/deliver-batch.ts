import type { Deliverable } from "../../domain/deliverable.ts";
import type { Delivered } from "../ports/ledger.ts";
import type { DeliveryResult, PreparedRequest, Settled, Sink } from "../../domain/sink.ts";
import { unlessAborted } from "../../domain/unless-aborted.ts";
import { freshPreparation, prepareAhead, type Piece } from "./preparation.ts";
import type { AdmissionQueue, Departure } from "../pacing/admission.ts";
import type { Awaiting } from "./awaiting.ts";
import type { RefusalGuard } from "./refusal-guard.ts";

/** One request and how it ended; `seconds` from sending to the end of the response. */
export interface FinishedRequest<E extends Deliverable> {
  readonly request: PreparedRequest<E>;
  readonly result: DeliveryResult;
  readonly seconds: number;
  /** The acknowledgement of a request that was reported as `awaiting` before, or its absence. */
  readonly confirmation: boolean;
}

export interface BatchDeps<E extends Deliverable> {
  readonly sink: Sink<PreparedRequest<E>>;
  readonly admission: AdmissionQueue;
  readonly guard: RefusalGuard;
  /** Aborted when requests under way have to be given up. */
  readonly signal: AbortSignal;
  readonly awaiting: Awaiting;
  delivered(events: readonly E[], as: Delivered): void;
  quarantine(event: E, reason: string): void;
  finished(request: FinishedRequest<E>): void;
}

/**
 * Delivers events until each is acknowledged or in quarantine, however long it takes. What the receiver refuses without
 * naming an event is looked for by halves: O(log n) requests for each event at fault. Rejects with `StoppedError` only.
 */
export async function deliverBatch<E extends Deliverable>(
  events: readonly E[],
  deps: BatchDeps<E>,
): Promise<void> {
  let pieces: Pieces<E> = [{ events, preparation: null }];
  while (pieces.length > 0) {
    const confirmations = await sendPieces(pieces, deps);
    // What was lost after all.
    pieces = (await Promise.all(confirmations)).flat();
  }
}

/** Parts of a batch, in order. */
type Pieces<E extends Deliverable> = readonly Piece<E>[];

const orderOf = (piece: Piece<Deliverable> | undefined): number => piece?.events[0]?.seq ?? 0;
const unprepared = <E extends Deliverable>(events: readonly E[]): Piece<E> => ({ events, preparation: null });

/** Sends pieces in order; resolves to what tells later of those that were accepted. */
async function sendPieces<E extends Deliverable>(
  pieces: Pieces<E>,
  deps: BatchDeps<E>,
): Promise<readonly Promise<Pieces<E>>[]> {
  // The last one is taken first: the earliest events stay in front.
  const unsent = pieces.toReversed();
  const confirmations: Promise<Pieces<E>>[] = [];
  try {
    const entering = deps.admission.enter(orderOf(unsent.at(-1)));
    const first = unsent.pop();
    if (first !== undefined) {
      unsent.push(prepareAhead(first, deps));
    }
    let admission = await entering;
    for (let piece = unsent.pop(); piece !== undefined; piece = unsent.pop()) {
      const { left, departure, confirmation }: PieceEnd<E> = await deliverPiece(piece, deps);
      if (confirmation !== undefined) {
        confirmations.push(confirmation);
      }
      unsent.push(...left.toReversed());
      const next = unsent.at(-1);
      if (next === undefined) {
        admission.leave(departure);
      } else {
        admission = await admission.reenter(departure, orderOf(next));
      }
    }
  } catch (error) {
    // Stopped; what was accepted may still be confirmed.
    await Promise.all(confirmations);
    throw error;
  }
  return confirmations;
}

/** How the first request of a piece ended. */
interface PieceEnd<E extends Deliverable> {
  /** What is left of the piece, in order. */
  readonly left: Pieces<E>;
  readonly departure: Departure;
  /** Of a request that was accepted: resolves to what was lost. */
  readonly confirmation?: Promise<Pieces<E>>;
}

async function deliverPiece<E extends Deliverable>(
  piece: Piece<E>,
  deps: BatchDeps<E>,
): Promise<PieceEnd<E>> {
  const { at, prepared: preparing } = freshPreparation(piece, deps);
  const prepared = await preparing;
  if (typeof prepared === "string") {
    return {
      left: [unprepared(piece.events)],
      departure: { kind: "failed", reason: `cannot be prepared: ${prepared}` },
    };
  }
  for (const { event, reason } of prepared.unsendable) {
    if (!deps.guard.mayRefuse()) {
      return {
        left: [unprepared(piece.events)],
        departure: { kind: "faulted", reason: `one event after the other: ${reason}` },
      };
    }
    deps.quarantine(event, reason);
  }
  const [request, ...rest] = prepared.requests;
  if (request === undefined) {
    return { left: [], departure: { kind: "abandoned" } };
  }
  const others = rest.map((other) => ({
    events: other.events,
    preparation: { at, prepared: Promise.resolve({ requests: [other], unsendable: [] }) },
  }));
  const end = await sendRequest(request, deps);
  return { ...end, left: [...end.left, ...others] };
}

async function sendRequest<E extends Deliverable>(
  request: PreparedRequest<E>,
  deps: BatchDeps<E>,
): Promise<PieceEnd<E>> {
  const started = performance.now();
  const finished = (result: DeliveryResult, confirmation = false) =>
    deps.finished({ request, result, seconds: (performance.now() - started) / 1_000, confirmation });
  const result = await deps.sink.send(request, deps.signal);
  finished(result);
  if (result.kind !== "awaiting") {
    return settle(request.events, result, deps);
  }

  async function confirm(settled: Promise<Settled>): Promise<Pieces<E>> {
    const done = deps.awaiting.begin(request.events.length);
    const end = await unlessAborted(settled, deps.signal, "given up before it was acknowledged");
    done();
    finished(end, true);
    if (end.kind === "delivered" || end.kind === "sent") {
      accept(request.events, end.kind, deps);
      deps.admission.report({ kind: "succeeded", slowDown: false });
      return [];
    }
    deps.admission.report(departureOf(end, deps));
    return [unprepared(request.events)];
  }
  const departure: Departure = { kind: "accepted", slowDown: result.slowDown ?? false };
  return { left: [], departure, confirmation: confirm(result.settled) };
}

/** Applies a result that is final for the request. */
function settle<E extends Deliverable>(
  events: readonly E[],
  result: Exclude<DeliveryResult, { kind: "awaiting" }>,
  deps: BatchDeps<E>,
): PieceEnd<E> {
  switch (result.kind) {
    case "delivered":
      accept(events, result.kind, deps);
      return { left: [], departure: { kind: "succeeded", slowDown: result.slowDown ?? false } };
    case "sent":
      accept(events, result.kind, deps);
      return { left: [], departure: { kind: "succeeded", slowDown: false } };
    case "retry":
    case "maybe_duplicate":
    case "configuration":
      return { left: [unprepared(events)], departure: departureOf(result, deps) };
    case "rejected":
      return settleRejection(events, result, deps);
  }
}

function accept<E extends Deliverable>(
  events: readonly E[],
  kind: "delivered" | "sent",
  deps: BatchDeps<E>,
): void {
  if (events.length > 0) {
    deps.guard.accepted();
  }
  deps.delivered(events, kind === "sent" ? "sent" : "acknowledged");
}

function departureOf(
  result: Extract<DeliveryResult, { kind: "retry" | "maybe_duplicate" | "configuration" }>,
  { signal }: Pick<BatchDeps<Deliverable>, "signal">,
): Extract<Departure, { kind: "failed" | "faulted" | "abandoned" }> {
  // Given up by us, which says nothing about the receiver.
  if (signal.aborted || result.repeated === true) {
    return { kind: "abandoned" };
  }
  if (result.kind === "configuration") {
    return { kind: "faulted", reason: result.reason };
  }
  const { reason, afterMs, unreached = false } = result;
  return { kind: "failed", reason, afterMs, unreached };
}

function settleRejection<E extends Deliverable>(
  events: readonly E[],
  { index, reason }: Extract<DeliveryResult, { kind: "rejected" }>,
  deps: BatchDeps<E>,
): PieceEnd<E> {
  const responded: Departure = { kind: "succeeded", slowDown: false };
  if (index === null && events.length > 1) {
    const middle = events.length >> 1;
    return {
      left: [unprepared(events.slice(0, middle)), unprepared(events.slice(middle))],
      departure: responded,
    };
  }
  const at = index ?? 0;
  const [bad] = events.slice(at, at + 1);
  accept(events.slice(0, at), "delivered", deps);
  if (bad !== undefined && !deps.guard.mayRefuse()) {
    const departure: Departure = {
      kind: "faulted",
      reason: `it refuses one event after the other: ${reason}`,
    };
    return { left: [unprepared(events.slice(at))], departure };
  }
  if (bad !== undefined) {
    deps.quarantine(bad, reason);
  }
  const unread = events.slice(at + 1);
  return { left: unread.length === 0 ? [] : [unprepared(unread)], departure: responded };
}
