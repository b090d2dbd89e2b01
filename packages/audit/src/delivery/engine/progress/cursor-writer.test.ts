import type { DeliverableEvent } from "../../audit-events/deliverable-event.ts";
import { expect, it, vi } from "vitest";
import { LostLeadershipError, type Ledger } from "../ports/ledger.ts";
import { makeEvents } from "../../testing/events.ts";
import { createCursorWriter } from "./cursor-writer.ts";
import { createWindow } from "./window.ts";
import type { Progress } from "../ports/progress.ts";

function writerWith(advance: (progress: Progress<DeliverableEvent>) => Promise<void>) {
  const window = createWindow<DeliverableEvent>(0);
  const events = makeEvents(20);
  window.add(events);
  const written: number[] = [];
  const failures: unknown[] = [];
  const lost = vi.fn<() => void>();
  const writer = createCursorWriter({
    name: "d",
    window,
    ledger: {
      advance: (_name: string, progress: Progress<DeliverableEvent>) => advance(progress),
    } as unknown as Ledger<DeliverableEvent>,
    refusals: () => ({ inRow: 0, resumes: 0 }),
    written: ({ to }) => void written.push(to),
    failed: (error) => void failures.push(error),
    lost,
  });
  return { window, events, writer, written, failures, lost };
}

it("misses nothing that is settled while a write comes to its end [SIEM-5]", async () => {
  const { window, events, writer, written } = writerWith(() => Promise.resolve());
  const settle = (seq: number) => {
    window.deliver(events.slice(seq, seq + 1), "acknowledged");
    writer.schedule();
  };
  settle(0);
  // One event in each of the turns in which the write ends.
  for (let seq = 1; seq < events.length; seq++) {
    await Promise.resolve();
    settle(seq);
  }
  await vi.waitFor(() => expect(written.at(-1)).toBe(events.length));
});

it("writes once at a time, and what came meanwhile and while it rests in the next write", async () => {
  const started: (() => void)[] = [];
  const { window, events, writer, written } = writerWith(
    () => new Promise((resolve) => started.push(resolve)),
  );
  const settle = (some: typeof events) => {
    for (const event of some) {
      window.deliver([event], "acknowledged");
      writer.schedule();
    }
  };
  settle(events.slice(0, 10));
  expect(written).toEqual([]);
  started.shift()?.();
  await vi.waitUntil(() => written.length === 1);
  settle(events.slice(10));
  await vi.waitUntil(() => started.length === 1);
  started.shift()?.();
  await writer.settled();
  expect(written).toEqual([1, 20]);
});

it("does not rest when it is told to come to an end", async () => {
  vi.useFakeTimers();
  try {
    const { window, events, writer, written } = writerWith(() => Promise.resolve());
    for (const event of events) {
      window.deliver([event], "acknowledged");
      writer.schedule();
    }
    await writer.settled();
    expect(written).toEqual([1, 20]);
  } finally {
    vi.useRealTimers();
  }
});

it("stops for good when another process moved the cursor", async () => {
  const { window, events, writer, written, failures, lost } = writerWith(() =>
    Promise.reject(new LostLeadershipError("moved")),
  );
  window.deliver(events, "acknowledged");
  writer.schedule();
  await writer.settled();
  expect(lost).toHaveBeenCalledOnce();
  expect([written, failures.length]).toEqual([[], 1]);
});
