import type { ReceiverFault } from "@sark/testkit";
import type { DeliverableEvent } from "../audit-events/deliverable-event.ts";
import { createFormat } from "../formats/create-format.ts";
import type { FormatName } from "../audit-events/format.ts";
import type { Outcome, PreparedRequest, Settled, Sink } from "../domain/sink.ts";
import type { SinkContext } from "../sinks/definition/sink-context.ts";

export function testContext(
  change: Partial<SinkContext> & { readonly formatName?: FormatName } = {},
): SinkContext {
  const { formatName = "json", ...rest } = change;
  return {
    destination: "test",
    format: createFormat(formatName, { version: "1.2.3", host: "gw-1" }),
    compression: "gzip",
    requestTimeoutMs: 10_000,
    maxConnections: 4,
    host: "gw-1",
    environment: {},
    ...rest,
  };
}

/** Prepares events that fit into one request, and sends it. */
export async function sendOnce(
  sink: Sink,
  events: readonly DeliverableEvent[],
  signal: AbortSignal = new AbortController().signal,
): Promise<Outcome> {
  const request = await prepareOne(sink, events);
  return sink.send(request, signal);
}

export async function prepareOne(
  sink: Sink,
  events: readonly DeliverableEvent[],
  now = Date.now(),
): Promise<PreparedRequest> {
  const { requests, unsendable } = await sink.prepare(events, now);
  const [request] = requests;
  if (request === undefined || requests.length > 1 || unsendable.length > 0) {
    throw new Error(`expected one request, got ${requests.length}, unsendable: ${unsendable.length}`);
  }
  return request;
}

/** The outcome, once an acknowledgement that it waits for is settled. */
export async function settled(outcome: Outcome): Promise<Settled | Outcome> {
  return outcome.kind === "awaiting" ? outcome.settled : outcome;
}

/** Short only for what never ends: a busy machine must not turn other answers into time-outs. */
export function patience({ kind }: ReceiverFault): { readonly requestTimeoutMs: number } {
  return { requestTimeoutMs: kind === "hang" || kind === "slow-drip" ? 300 : 10_000 };
}
