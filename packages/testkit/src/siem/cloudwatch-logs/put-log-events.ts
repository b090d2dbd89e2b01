import { invalid } from "./aws-error.ts";
import type { CloudWatchEvent, Input, LogGroups } from "./log-groups.ts";

const MAX_BYTES = 1_048_576;
const EVENT_OVERHEAD = 26;
const MAX_EVENTS = 10_000;
const HOUR_MS = 3_600_000;
const MAX_SPAN_MS = 24 * HOUR_MS;
const TOO_OLD_MS = 14 * 24 * HOUR_MS;
const TOO_NEW_MS = 2 * HOUR_MS;

/** Positions in the request, in the words of the API. */
interface RejectedLogEventsInfo {
  tooOldLogEventEndIndex?: number;
  tooNewLogEventStartIndex?: number;
  expiredLogEventEndIndex?: number;
}

/** Checks a PutLogEvents by its limits; events beyond the time window are refused one by one, within a success. */
export function putLogEvents(
  groups: LogGroups,
  input: Input,
  now: number,
): { readonly body: unknown; take(): void } {
  const { group, events: stream } = groups.find(input);
  const events = readEvents(input["logEvents"]);
  const bytes = events.reduce((sum, { message }) => sum + Buffer.byteLength(message) + EVENT_OVERHEAD, 0);
  if (bytes > MAX_BYTES) {
    throw invalid("Upload too large: the maximum is 1048576 bytes");
  }
  const times = events.map(({ timestamp }) => timestamp);
  if (times.some((time, at) => time < (times[at - 1] ?? time))) {
    throw invalid("Log events in a single PutLogEvents request must be in chronological order.");
  }
  const [first = 0, last = 0] = [times[0], times.at(-1)];
  if (last - first > MAX_SPAN_MS) {
    throw invalid("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.");
  }
  const rejected = rejections(times, now, group.retentionDays);
  const from = Math.max(rejected.tooOldLogEventEndIndex ?? 0, rejected.expiredLogEventEndIndex ?? 0);
  const kept = events.slice(from, rejected.tooNewLogEventStartIndex ?? events.length);
  const info = Object.keys(rejected).length === 0 ? {} : { rejectedLogEventsInfo: rejected };
  return {
    body: { nextSequenceToken: "unused", ...info },
    take: () => void stream.push(...kept),
  };
}

function rejections(
  times: readonly number[],
  now: number,
  retentionDays: number | null,
): RejectedLogEventsInfo {
  const before = (limit: number) => times.filter((time) => time < limit).length;
  const tooOld = before(now - TOO_OLD_MS);
  const expired = retentionDays === null ? 0 : before(now - retentionDays * 24 * HOUR_MS);
  const tooNew = before(now + TOO_NEW_MS + 1);
  return {
    ...(tooOld > 0 && { tooOldLogEventEndIndex: tooOld }),
    ...(expired > 0 && { expiredLogEventEndIndex: expired }),
    ...(tooNew < times.length && { tooNewLogEventStartIndex: tooNew }),
  };
}

function readEvents(value: unknown): CloudWatchEvent[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw invalid("Value at 'logEvents' must not be empty");
  }
  if (value.length > MAX_EVENTS) {
    throw invalid("Value at 'logEvents' must have length at most 10000");
  }
  for (const { timestamp, message } of value as Record<string, unknown>[]) {
    if (!Number.isSafeInteger(timestamp) || typeof message !== "string" || message === "") {
      throw invalid("Value at 'logEvents' failed to satisfy constraint: timestamp and message are required");
    }
  }
  return (value as CloudWatchEvent[]).map(({ timestamp, message }) => ({ timestamp, message }));
}
