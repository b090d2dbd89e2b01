import { nextRandom } from "./random.ts";

/** A UUIDv7 (RFC 9562): time first, so that an index on it grows at one end. */
export function newEventId(now = Date.now()): string {
  const hex = timeOf(now);
  const bytes = nextRandom(10);
  const tail = bytes.toString("hex");
  const variant = ((bytes[2] ?? 0) & 0x3f) | 0x80;
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7${tail.slice(0, 3)}-${variant.toString(16)}${tail.slice(6, 8)}-${tail.slice(8, 20)}`;
}

/** The last millisecond written out: under load many events share it. */
const last = { millisecond: Number.NaN, hex: "" };

function timeOf(now: number): string {
  if (now !== last.millisecond) {
    last.hex = now.toString(16).padStart(12, "0");
    last.millisecond = now;
  }
  return last.hex;
}
