import { PutLogEventsCommand, type PutLogEventsCommandOutput } from "@aws-sdk/client-cloudwatch-logs";
import type { Deliverable } from "../../event.ts";
import type { Encoding } from "../../formats/format.ts";
import type { Outcome, Sink } from "../../sink.ts";
import type { SinkContext } from "../sink-context.ts";
import { createCloudWatchClient } from "./client.ts";
import type { CloudWatchSettings } from "./config.ts";
import { encodeMessage, PAST_MS } from "./encoder.ts";
import { checkCloudWatch } from "./health.ts";
import { createLogDestination } from "./log-destination.ts";
import { prepareCloudWatch, type CloudWatchRequest } from "./request.ts";
import { classifyAwsError, rejectedPositions } from "./response.ts";

type LogEvents = CloudWatchRequest["logEvents"];

/** CloudWatch Logs. Throws `DeliveryError` on bad settings. */
export function createCloudWatchSink<E extends Deliverable>(
  settings: CloudWatchSettings,
  context: Omit<SinkContext, "format"> & { readonly format: Encoding<E> },
): Sink<CloudWatchRequest<E>> {
  const { format } = context;
  const client = createCloudWatchClient(settings, context);
  const names = {
    logGroupName: settings.logGroup,
    logStreamName: settings.logStream ?? context.host.replace(/[:*]/g, "-"),
  };
  /** Shrinks to what the group's retention turns out to be. */
  let pastMs = PAST_MS;

  async function put(logEvents: LogEvents, signal: AbortSignal): Promise<PutLogEventsCommandOutput> {
    const command = () => new PutLogEventsCommand({ ...names, logEvents: [...logEvents] });
    try {
      return await client.send(command(), { abortSignal: signal });
    } catch (error) {
      if ((error as Error).name !== "ResourceNotFoundException") throw error;
      await createLogDestination(client, names, settings.retentionDays, signal);
      return client.send(command(), { abortSignal: signal });
    }
  }

  /** Sends what was refused for its age or youth again, with the present time and marked. */
  async function putLate(
    request: CloudWatchRequest<E>,
    positions: readonly number[],
    signal: AbortSignal,
  ): Promise<Outcome> {
    const now = Date.now();
    const refused = positions.flatMap((at) => request.events[at] ?? []);
    const age = Math.min(...refused.map(({ time }) => now - time).filter((ms) => ms > 0));
    pastMs = Math.min(pastMs, age);
    const logEvents = refused.map((event) => ({
      timestamp: now,
      message: encodeMessage(event, format, true),
    }));
    const { rejectedLogEventsInfo } = await put(logEvents, signal);
    if (rejectedLogEventsInfo === undefined) return { kind: "delivered" };
    return {
      kind: "configuration",
      reason: "events of the present time are refused for their time: this machine's clock is wrong",
    };
  }

  async function deliver(request: CloudWatchRequest<E>, signal: AbortSignal): Promise<Outcome> {
    let kept = false;
    try {
      const { rejectedLogEventsInfo } = await put(request.logEvents, signal);
      const positions = rejectedPositions(rejectedLogEventsInfo, request.events.length);
      if (positions.length === 0) return { kind: "delivered" };
      kept = positions.length < request.events.length;
      return await putLate(request, positions, signal);
    } catch (error) {
      const outcome = classifyAwsError(error);
      // The part that was kept will be sent again with the rest.
      return kept && outcome.kind === "retry" ? { ...outcome, kind: "maybe_duplicate" } : outcome;
    }
  }

  return {
    platform: "cloudwatch",
    prepare: (events, now) => Promise.resolve(prepareCloudWatch(events, format, now, pastMs)),
    async send(request, signal) {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(context.requestTimeoutMs)]);
      // The SDK stops listening to its signal once an answer has begun; a dripping one would last for ever.
      return Promise.race([deliver(request, limit), whenAborted(limit)]);
    },
    check: (signal) => checkCloudWatch(client, settings.logGroup, signal),
    close() {
      client.destroy();
      return Promise.resolve();
    },
  };
}

function whenAborted(signal: AbortSignal): Promise<Outcome> {
  return new Promise((resolve) => {
    const give = () => resolve(classifyAwsError(signal.reason));
    if (signal.aborted) give();
    else signal.addEventListener("abort", give, { once: true });
  });
}
