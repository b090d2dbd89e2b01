import { wait } from "@sark/observability/waiting";
import type { DestinationInput } from "@sark/audit/delivery";
import { startDatadogLogs, startSplunkHec, type ReceiverFault } from "@sark/testkit";

const SECRET = "b5a1c1d2-0000-4000-8000-0123456789ab";
const SECRET_NAME = "RECEIVER_SECRET";
/** What every destination needs to be let in, as replicas have it in their environment. */
export const RECEIVER_ENVIRONMENT = { [SECRET_NAME]: SECRET };
/** Events with this in their text are refused for good. */
export const POISON = "poison";

/** What arrived at a receiver, in the order of arrival, repetitions included. */
export interface Receptions {
  readonly seqs: readonly number[];
  /** The audit id that each number came with first. */
  readonly ids: ReadonlyMap<number, string>;
  /** Numbers that came a second time with another id. */
  readonly contradictions: readonly number[];
}

/** A receiver, and the destination that it is in the replicas' configuration. */
export interface Receiver {
  readonly destination: DestinationInput;
  readonly receptions: Receptions;
  /** How many places an event may arrive ahead of one that has not: 0 is the order of the log. */
  readonly maxAhead: number;
  /** The next requests that bring events meet these, in this order. */
  misbehave(...faults: readonly ReceiverFault[]): void;
  readonly away: boolean;
  /** The longest that it was away, in milliseconds. */
  readonly longestOutageMs: number;
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
  close(): Promise<void>;
}

const BATCH_EVENTS = 25;
const CONCURRENCY = 3;
const UNSETTLED_EVENTS = 500;

/** An hour in half a minute: what takes a minute by default takes half a second. */
const SCHEDULE = {
  start: "beginning",
  maxBatchEvents: BATCH_EVENTS,
  maxBatchWait: "40ms",
  requestTimeout: "500ms",
  retryBaseDelay: "5ms",
  retryMaxDelay: "250ms",
  breakerFailures: 5,
  breakerOpenDuration: "500ms",
  configurationRetryInterval: "2500ms",
  maxUnsettledEvents: UNSETTLED_EVENTS,
} satisfies Partial<DestinationInput>;
const secret = `\${${SECRET_NAME}}`;

/** One receiver whose order is strict, one that acknowledges later, and one that does not say which event it refuses. */
export async function startReceivers(): Promise<readonly Receiver[]> {
  const strict = collect();
  const acknowledging = collect();
  const coarse = collect();
  const splunk = await startSplunkHec({
    token: SECRET,
    onIndexed: ({ fields }) => strict.add(fields["seq"], fields["audit_id"]),
  });
  const splunkAck = await startSplunkHec({
    token: SECRET,
    acknowledgement: true,
    onIndexed: ({ fields }) => acknowledging.add(fields["seq"], fields["audit_id"]),
  });
  const datadog = await startDatadogLogs({
    apiKey: SECRET,
    onTaken: ({ attributes }) => coarse.add(Object(attributes["json"])["seq"], attributes["audit_id"]),
  });
  for (const handle of [splunk, splunkAck, datadog]) {
    handle.poison(POISON);
  }
  return [
    toReceiver(splunk, strict, 0, {
      ...SCHEDULE,
      name: "splunk",
      maxConcurrency: 1,
      sink: { type: "splunk_hec", url: splunk.url, token: secret },
    }),
    toReceiver(splunkAck, acknowledging, UNSETTLED_EVENTS, {
      ...SCHEDULE,
      name: "splunk-ack",
      maxConcurrency: CONCURRENCY,
      sink: {
        type: "splunk_hec",
        url: splunkAck.url,
        token: secret,
        acknowledgement: "required",
        acknowledgementPollInterval: "10ms",
        acknowledgementTimeout: "1s",
      },
    }),
    toReceiver(datadog, coarse, UNSETTLED_EVENTS, {
      ...SCHEDULE,
      name: "datadog",
      maxConcurrency: CONCURRENCY,
      sink: { type: "datadog", url: datadog.url, apiKey: secret },
    }),
  ];
}

interface Collected extends Receptions {
  add(seq: unknown, id: unknown): void;
}

function collect(): Collected {
  const seqs: number[] = [];
  const ids = new Map<number, string>();
  const contradictions: number[] = [];
  return {
    seqs,
    ids,
    contradictions,
    add(value, text) {
      const [seq, id] = [Number(value), String(text)];
      // A checkpoint, which is no event of the log.
      if (seq < 0) {
        return;
      }
      seqs.push(seq);
      const first = ids.get(seq);
      if (first === undefined) {
        ids.set(seq, id);
      } else if (first !== id) {
        contradictions.push(seq);
      }
    },
  };
}

function toReceiver(
  handle: Awaited<ReturnType<typeof startSplunkHec | typeof startDatadogLogs>>,
  receptions: Receptions,
  maxAhead: number,
  destination: DestinationInput,
): Receiver {
  let awaySince: number | null = null;
  let longestOutageMs = 0;
  return {
    destination,
    receptions,
    maxAhead,
    misbehave: handle.faults.add,
    get away() {
      return awaySince !== null;
    },
    get longestOutageMs() {
      return longestOutageMs;
    },
    async goAway() {
      awaySince = performance.now();
      await handle.goDown();
    },
    async comeBack() {
      await handle.restore();
      longestOutageMs = Math.max(longestOutageMs, performance.now() - (awaySince ?? Infinity));
      awaySince = null;
    },
    close: handle.close,
  };
}

/** Away for so long, unless it is away already. */
export async function leaveFor(receiver: Receiver, ms: number): Promise<void> {
  if (receiver.away) {
    return;
  }
  await receiver.goAway();
  await wait(ms);
  await receiver.comeBack();
}
