import type { Deliverable } from "../../domain/deliverable.ts";
import type { Encoding } from "../../domain/encoding.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Events more than 2 h ahead are refused; the margin is for clocks. */
const FUTURE_MS = 2 * HOUR_MS - 600_000;
/** Events older than 14 days are refused, or older than the group's retention, which shows when they are. */
export const PAST_MS = 14 * DAY_MS - HOUR_MS;

/** Whether CloudWatch would refuse an event of this time. `pastMs`: the oldest age that is known to be accepted. */
export function isOutsideWindow(time: number, now: number, pastMs: number): boolean {
  return time < now - pastMs || time > now + FUTURE_MS;
}

/** The message, and what marks it when it is sent with the present time instead of its own. */
export function encodeMessage<E extends Deliverable>(event: E, format: Encoding<E>, late: boolean): string {
  const text = format.encode(event);
  return late ? format.late(text, event.timestamp) : text;
}
