/** The complete subtree over the leaves `index × 2^level … (index + 1) × 2^level - 1`. */
export interface Subtree {
  readonly level: number;
  readonly index: number;
}

/** Leaves `from … to-1`. */
export interface LeafRange {
  readonly from: number;
  readonly to: number;
}

/** The fewest complete, aligned subtrees that cover `from … to-1`, from left to right. */
export function subtreesOf(from: number, to: number): Subtree[] {
  const subtrees: Subtree[] = [];
  let at = from;
  while (at < to) {
    let level = 0;
    let width = 1;
    // Sizes exceed 32 bits, so there are no bit operations here.
    while (at % (2 * width) === 0 && at + 2 * width <= to) {
      width *= 2;
      level += 1;
    }
    subtrees.push({ level, index: at / width });
    at += width;
  }
  return subtrees;
}

/** The largest power of two below `n`, where a tree of `n` leaves is split (RFC 6962, section 2.1). */
export function splitOf(n: number): number {
  let split = 1;
  while (split * 2 < n) {
    split *= 2;
  }
  return split;
}
