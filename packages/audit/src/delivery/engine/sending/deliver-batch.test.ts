import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import type { DeliverableEvent } from "../../audit-events/deliverable-event.ts";
import type { DeliveryResult, PreparedRequest, Sink } from "../../domain/sink.ts";
import { makeEvents } from "../../testing/events.ts";
import { createAdmissionQueue, StoppedError } from "../pacing/admission.ts";
import { createAwaiting } from "./awaiting.ts";
import { createCircuit, type CircuitSettings } from "../pacing/circuit.ts";
import { createConcurrencyLimit } from "../pacing/concurrency.ts";
import { deliverBatch } from "./deliver-batch.ts";
import { createRefusalGuard } from "./refusal-guard.ts";

const FAST: CircuitSettings = {
  retry: { baseMs: 1, maxMs: 2 },
  failures: 5,
  openMs: 5,
  configurationRetryMs: 5,
};

/** A receiver in memory that responds as told, and remembers what it took. */
function receiver(response: (events: readonly DeliverableEvent[], request: number) => DeliveryResult) {
  const taken: number[] = [];
  let requests = 0;
  const sink: Sink<PreparedRequest<DeliverableEvent>> = {
    platform: "webhook",
    prepare: (events) =>
      Promise.resolve({
        requests: [
          {
            events,
            contentBytes: 1,
            sentBytes: 1,
            cut: 0,
            late: 0,
          } satisfies PreparedRequest<DeliverableEvent>,
        ],
        unsendable: [],
      }),
    send({ events }) {
      const result = response(events, requests++);
      const upTo =
        result.kind === "rejected" ? (result.index ?? 0) : result.kind === "delivered" ? Infinity : 0;
      taken.push(...events.slice(0, upTo).map(({ seq }) => seq));
      return Promise.resolve(result);
    },
    check: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  return { sink, taken, requests: () => requests };
}

function run(
  sink: Sink<PreparedRequest<DeliverableEvent>>,
  events: readonly DeliverableEvent[],
  maxInRow = 50,
  settings = FAST,
) {
  const circuit = createCircuit(settings, () => undefined);
  const admission = createAdmissionQueue(circuit, createConcurrencyLimit(4));
  const acknowledged: number[] = [];
  const quarantined: number[] = [];
  const results: string[] = [];
  const { signal } = new AbortController();
  const done = deliverBatch(events, {
    sink,
    admission,
    guard: createRefusalGuard(maxInRow),
    signal,
    awaiting: createAwaiting(),
    delivered: (some) => void acknowledged.push(...some.map(({ seq }) => seq)),
    quarantine: ({ seq }) => void quarantined.push(seq),
    finished: ({ result }) => void results.push(result.kind),
  });
  return { done, circuit, admission, acknowledged, quarantined, results, signal };
}

const seqs = (events: readonly DeliverableEvent[]) => events.map(({ seq }) => seq);
const delivered: DeliveryResult = { kind: "delivered" };

describe("deliverBatch", () => {
  it("finds a poison event by halves, in O(log n) requests [SIEM-5]", async () => {
    for (const [count, bad] of [
      [100, 63],
      [1_000, 0],
      [1_000, 999],
      [2, 1],
      [1, 0],
    ] as const) {
      const { sink, taken, requests } = receiver((events) =>
        seqs(events).includes(bad) ? { kind: "rejected", index: null, reason: "bad" } : delivered,
      );
      const events = makeEvents(count);
      const result = run(sink, events);
      await result.done;
      expect(result.quarantined).toEqual([bad]);
      expect(taken).toEqual(seqs(events).filter((seq) => seq !== bad));
      expect(requests()).toBeLessThanOrEqual(1 + 2 * Math.ceil(Math.log2(count)));
    }
  });

  it("needs one more request where the receiver names the event", async () => {
    const { sink, taken, requests } = receiver((events) => {
      const index = seqs(events).indexOf(40);
      return index === -1 ? delivered : { kind: "rejected", index, reason: "bad" };
    });
    const result = run(sink, makeEvents(100));
    await result.done;
    expect(result.quarantined).toEqual([40]);
    expect(taken).toEqual(seqs(makeEvents(100)).filter((seq) => seq !== 40));
    expect(requests()).toBe(2);
  });

  it("sends the same again after failures, in order, and opens the circuit [SIEM-4]", async () => {
    const states: string[] = [];
    const { sink, taken } = receiver((_events, request) => {
      if (request < 12) {
        return { kind: request % 2 === 0 ? "retry" : "maybe_duplicate", reason: "down" };
      }
      return delivered;
    });
    const result = run(sink, makeEvents(3));
    result.admission.recheck();
    await result.done;
    states.push(result.circuit.view().state);
    expect(taken).toEqual([0, 1, 2]);
    expect(result.results).toHaveLength(13);
    expect(states).toEqual(["closed"]);
  });

  it("keeps everything at a fault of configuration, and goes on when it is mended", async () => {
    const { sink, taken } = receiver((_events, request) =>
      request < 3 ? { kind: "configuration", reason: "bad token" } : delivered,
    );
    const result = run(sink, makeEvents(3));
    await result.done;
    expect(taken).toEqual([0, 1, 2]);
    expect(result.quarantined).toEqual([]);
  });

  it("does not let a receiver that refuses everything empty the log into quarantine", async () => {
    let mended = false;
    const { sink } = receiver(() => (mended ? delivered : { kind: "rejected", index: null, reason: "no" }));
    const settings = { ...FAST, configurationRetryMs: 60_000 };
    const result = run(sink, makeEvents(100), 10, settings);
    while (result.circuit.view().state !== "open") {
      await new Promise(setImmediate);
    }
    expect(result.circuit.view()).toMatchObject({
      cause: "configuration",
      reason: /one event after the other/,
    });
    expect(result.quarantined).toHaveLength(10);
    mended = true;
    result.circuit.retryNow();
    result.admission.recheck();
    await result.done;
    expect(result.quarantined).toHaveLength(10);
    expect(result.acknowledged).toHaveLength(90);
  });

  it("sends again what was accepted and never acknowledged", async () => {
    const { sink } = receiver((_events, request) => {
      const settled = Promise.resolve(
        request === 0
          ? ({ kind: "maybe_duplicate", reason: "lost" } as const)
          : ({ kind: "delivered" } as const),
      );
      return { kind: "awaiting", settled };
    });
    const result = run(sink, makeEvents(3));
    await result.done;
    expect(result.acknowledged).toEqual([0, 1, 2]);
    expect(result.results).toEqual(["awaiting", "maybe_duplicate", "awaiting", "delivered"]);
  });

  it("survives a sink that fails to prepare, and leaves what is left when it is stopped", async () => {
    const { sink } = receiver(() => ({ kind: "retry", reason: "down" }));
    let broken = true;
    const result = run(
      {
        ...sink,
        prepare: (events, now) => (broken ? Promise.reject(new Error("torn")) : sink.prepare(events, now)),
      },
      makeEvents(3),
    );
    while (result.circuit.view().failures < 2) {
      await new Promise(setImmediate);
    }
    expect(result.circuit.view().reason).toContain("torn");
    broken = false;
    while (result.results.length === 0) {
      await new Promise(setImmediate);
    }
    result.admission.stop();
    await expect(result.done).rejects.toThrow(StoppedError);
    expect(result.acknowledged).toEqual([]);
  });

  it("leaves nothing behind with the signal, which may live for months", async () => {
    const settled = Promise.resolve({ kind: "delivered" } as const);
    const { done, acknowledged, signal } = run(
      receiver(() => ({ kind: "awaiting", settled })).sink,
      makeEvents(3),
    );
    await done;
    expect(acknowledged).toEqual([0, 1, 2]);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });
});

describe("createAdmissionQueue", () => {
  const queue = (max: number) => {
    const circuit = createCircuit(FAST, () => undefined);
    return createAdmissionQueue(circuit, createConcurrencyLimit(max));
  };
  const succeeded = { kind: "succeeded", slowDown: false } as const;

  it("lets more requests out as they succeed, fewer after a failure, the earliest events first", async () => {
    const admission = queue(3);
    const order: number[] = [];
    const enter = async (first: number) => {
      const admitted = await admission.enter(first);
      order.push(first);
      return admitted;
    };
    const [a, c, b] = [enter(1), enter(3), enter(2)];
    expect(admission.inFlight).toBe(1);
    (await a).leave(succeeded);
    await Promise.all([b, c]);
    expect(order).toEqual([1, 2, 3]);
    expect(admission.inFlight).toBe(2);
    (await b).leave(succeeded);
    (await c).leave({ kind: "failed", reason: "f" });
    const [d] = [enter(4), enter(5)];
    (await d).leave({ kind: "abandoned" });
    await new Promise(setImmediate);
    expect(admission.inFlight).toBe(1);
    admission.stop();
    await expect(admission.enter(9)).rejects.toThrow(StoppedError);
  });

  it("lets what is left of a batch go before later events", async () => {
    const admission = queue(1);
    const order: number[] = [];
    const deliver = async (pieces: readonly number[]) => {
      for (const first of pieces) {
        const admitted = await admission.enter(first);
        order.push(first);
        admitted.leave(succeeded);
      }
    };
    await Promise.all([deliver([1, 2, 3]), deliver([10, 15]), deliver([20])]);
    expect(order).toEqual([1, 2, 3, 10, 15, 20]);
  });

  it("holds everything back while it is paused", async () => {
    const admission = queue(1);
    admission.pause(true);
    const entering = admission.enter(1);
    await new Promise(setImmediate);
    expect(admission.inFlight).toBe(0);
    admission.pause(false);
    (await entering).leave(succeeded);
  });
});
