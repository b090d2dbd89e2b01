import { TEST_PRODUCER } from "./producer.ts";
import type { ReceiverFault } from "@sark/testkit";
import type { DeliverableEvent } from "../audit-events/deliverable-event.ts";
import { createFormat } from "../formats/create-format.ts";
import type { FormatName } from "../audit-events/format.ts";
import type { DeliveryResult, PreparedRequest, Settled, Sink } from "../domain/sink.ts";
import type { SinkContext } from "../sinks/definition/sink-context.ts";

export function testContext(
  change: Partial<SinkContext> & { readonly formatName?: FormatName } = {},
): SinkContext {
  const { formatName = "json", ...rest } = change;
  return {
    destination: "test",
    format: createFormat(formatName, TEST_PRODUCER),
    compression: "gzip",
    requestTimeoutMs: 120_000,
    maxConnections: 4,
    product: TEST_PRODUCER,
    host: TEST_PRODUCER.host,
    environment: {},
    ...rest,
  };
}

/** Prepares events that fit into one request, and sends it. */
export async function sendOnce(
  sink: Sink,
  events: readonly DeliverableEvent[],
  signal: AbortSignal = new AbortController().signal,
): Promise<DeliveryResult> {
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

/** The result, once an acknowledgement that it waits for is settled. */
export async function settled(result: DeliveryResult): Promise<Settled | DeliveryResult> {
  return result.kind === "awaiting" ? result.settled : result;
}

/** Short only for what never ends: a busy machine must not turn other responses into time-outs. */
export function timeLimitOf({ kind }: ReceiverFault): { readonly requestTimeoutMs: number } {
  return { requestTimeoutMs: kind === "hang" || kind === "slow-drip" ? 300 : 120_000 };
}
