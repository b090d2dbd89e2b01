import type { CompactRange } from "../../transparency-log/tree/compact-range.ts";
import type { ColumnDifference } from "../findings/finding.ts";

/** The first place where what is stored contradicts itself. Which side is right, the signed roots decide. */
export interface Contradiction {
  readonly seq: number;
  readonly id: string | null;
  /** `gap`: no event has this number; `duplicate`: two have; `event`: the one that has it does not agree with itself. */
  readonly what: "gap" | "duplicate" | "event";
  /** Leaf hash of the event that stands there. */
  readonly actual: Uint8Array | null;
  /** What the tiles have there. */
  readonly logged: Uint8Array | null;
  readonly columns: readonly ColumnDifference[];
  /** `leaf_hash` is not the hash of `canonical`. */
  readonly leafColumnDiffers: boolean;
  /** `canonical` is no JSON object. */
  readonly unreadable: boolean;
  /** The tree before this place. */
  readonly before: CompactRange;
}

export function hashDiffers({ actual, logged }: Contradiction): boolean {
  return actual !== null && logged !== null && Buffer.compare(actual, logged) !== 0;
}
