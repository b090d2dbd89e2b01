import type { PutLogEventsCommandOutput } from "@aws-sdk/client-cloudwatch-logs";
import type { Deliverable } from "../../domain/deliverable.ts";
import type { Encoding } from "../../domain/encoding.ts";
import type { DeliveryResult, Sink } from "../../domain/sink.ts";
import type { SinkContext } from "../definition/sink-context.ts";
import { createCloudWatchClient } from "./client.ts";
import type { CloudWatchSettings } from "./config.ts";
import { encodeMessage, PAST_MS } from "./encoder.ts";
import { checkCloudWatch } from "./health.ts";
import { createLogDestination } from "./log-destination.ts";
import {
  FORMER_MAX_MESSAGE_BYTES,
  MAX_MESSAGE_BYTES,
  prepareCloudWatch,
  type CloudWatchRequest,
} from "./request.ts";
import { classifyAwsError, rejectedBounds } from "./response.ts";

type LogEvents = CloudWatchRequest["logEvents"];

/** CloudWatch Logs. Throws `DeliveryError` on bad settings. */
export function createCloudWatchSink<E extends Deliverable>(
  settings: CloudWatchSettings,
  context: Omit<SinkContext, "format" | "product"> & { readonly format: Encoding<E> },
): Sink<CloudWatchRequest<E>> {
  const { format } = context;
  const client = createCloudWatchClient(settings, context);
  const names = {
    logGroupName: settings.logGroup,
    logStreamName: settings.logStream ?? context.host.replace(/[:*]/g, "-"),
  };
  const createDestination = createLogDestination(names, settings.retention);
  /** Shrinks to what the group's retention turns out to be. */
  let pastMs = PAST_MS;
  /** Shrinks to what an older service turns out to take. */
  let maxMessageBytes = MAX_MESSAGE_BYTES;

  async function put(logEvents: LogEvents, signal: AbortSignal): Promise<PutLogEventsCommandOutput> {
    const connection = await client.connection();
    const command = () => new connection.sdk.PutLogEventsCommand({ ...names, logEvents: [...logEvents] });
    try {
      return await connection.client.send(command(), { abortSignal: signal });
    } catch (error) {
      if ((error as Error).name !== "ResourceNotFoundException") {
        throw error;
      }
      await createDestination(connection, signal).catch((cause: unknown) => {
        throw new CreationError("the log group or stream cannot be made", { cause });
      });
      return connection.client.send(command(), { abortSignal: signal });
    }
  }

  /** Sends what was refused for its age or youth again, with the present time and marked. */
  async function putLate(
    tooOld: readonly E[],
    tooNew: readonly E[],
    signal: AbortSignal,
  ): Promise<DeliveryResult> {
    const now = Date.now();
    pastMs = Math.min(pastMs, ...tooOld.map(({ time }) => now - time));
    const logEvents = [...tooOld, ...tooNew].map((event) => ({
      timestamp: now,
      message: encodeMessage(event, format, true),
    }));
    const { rejectedLogEventsInfo } = await put(logEvents, signal);
    const bounds = rejectedBounds(rejectedLogEventsInfo, logEvents.length);
    if (bounds.old === 0 && bounds.new === logEvents.length) {
      return { kind: "delivered" };
    }
    return {
      kind: "configuration",
      reason: "events of the present time are refused for their time: this machine's clock is wrong",
    };
  }

  async function deliver(
    { events, logEvents, contentBytes }: CloudWatchRequest<E>,
    signal: AbortSignal,
  ): Promise<DeliveryResult> {
    let kept = false;
    try {
      const { rejectedLogEventsInfo } = await put(logEvents, signal);
      const bounds = rejectedBounds(rejectedLogEventsInfo, events.length);
      const tooOld = events.slice(0, bounds.old);
      const tooNew = events.slice(Math.max(bounds.old, bounds.new));
      const refused = tooOld.length + tooNew.length;
      if (refused === 0) {
        return { kind: "delivered" };
      }
      kept = refused < events.length;
      return await putLate(tooOld, tooNew, signal);
    } catch (error) {
      const result = classify(error, await client.mask());
      const isLarge = events.length === 1 && contentBytes > FORMER_MAX_MESSAGE_BYTES;
      if (isLarge && result.kind === "rejected" && /too large/i.test(result.reason)) {
        maxMessageBytes = FORMER_MAX_MESSAGE_BYTES;
        return { kind: "retry", reason: result.reason };
      }
      // The part that was kept will be sent again with the rest.
      return kept && result.kind === "retry" ? { ...result, kind: "maybe_duplicate" } : result;
    }
  }

  return {
    platform: "cloudwatch",
    prepare: (events, now) =>
      Promise.resolve(prepareCloudWatch(events, format, now, { pastMs, maxMessageBytes })),
    async send(request, signal) {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(context.requestTimeoutMs)]);
      // The SDK stops listening to its signal once a response has begun; a dripping one would last for ever.
      return Promise.race([deliver(request, limit), whenAborted(limit)]);
    },
    check: (signal) => checkCloudWatch(client, settings.logGroup, signal),
    close: () => client.close(),
  };
}

/** Of making the group or the stream, as its `cause`. */
class CreationError extends Error {
  override readonly name = "CreationError";
}

/** That a group or stream cannot be made is never the events' fault. */
function classify(error: unknown, mask: (text: string) => string): DeliveryResult {
  if (!(error instanceof CreationError)) {
    return classifyAwsError(error, mask);
  }
  const result = classifyAwsError(error.cause, mask);
  return result.kind === "rejected" ? { kind: "configuration", reason: result.reason } : result;
}

function whenAborted(signal: AbortSignal): Promise<DeliveryResult> {
  return new Promise((resolve) => {
    const give = () => resolve(classifyAwsError(signal.reason));
    if (signal.aborted) {
      give();
    } else {
      signal.addEventListener("abort", give, { once: true });
    }
  });
}
