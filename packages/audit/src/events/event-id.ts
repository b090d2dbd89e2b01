import { writtenOnce } from "./last-millisecond.ts";
import { nextRandom } from "./random.ts";

const hexOf = writtenOnce((millisecond) => millisecond.toString(16).padStart(12, "0"));

/** A UUIDv7 (RFC 9562): time first, so that an index on it grows at one end. */
export function newEventId(now = Date.now()): string {
  const hex = hexOf(now);
  const bytes = nextRandom(10);
  const tail = bytes.toString("hex");
  const variant = ((bytes[2] ?? 0) & 0x3f) | 0x80;
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7${tail.slice(0, 3)}-${variant.toString(16)}${tail.slice(6, 8)}-${tail.slice(8, 20)}`;
}
