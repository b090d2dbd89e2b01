import { TransparencyLogError } from "../errors.ts";
import { splitOf, type LeafRange } from "../tree/subtrees.ts";

/** What an inclusion proof is made of: the ranges whose roots it lists, from the leaf's sibling upwards (RFC 6962, 2.1.1). */
export function inclusionPath(index: number, size: number): LeafRange[] {
  if (index < 0 || index >= size) {
    throw new TransparencyLogError("out_of_range", `A tree of ${size} leaves has no leaf ${index}.`);
  }
  const path: LeafRange[] = [];
  let [from, to] = [0, size];
  while (to - from > 1) {
    const middle = from + splitOf(to - from);
    if (index < middle) {
      path.push({ from: middle, to });
      to = middle;
    } else {
      path.push({ from, to: middle });
      from = middle;
    }
  }
  return path.toReversed();
}

/** What the consistency proof between two sizes of one tree is made of, in the order of RFC 6962, section 2.1.2. */
export function consistencyPath(oldSize: number, size: number): LeafRange[] {
  if (oldSize < 0 || oldSize > size) {
    throw new TransparencyLogError("out_of_range", `A tree of ${size} leaves has never had ${oldSize}.`);
  }
  if (oldSize === 0 || oldSize === size) {
    return [];
  }
  const path: LeafRange[] = [];
  let [from, to] = [0, size];
  while (to !== oldSize) {
    const middle = from + splitOf(to - from);
    if (oldSize <= middle) {
      path.push({ from: middle, to });
      to = middle;
    } else {
      path.push({ from, to: middle });
      from = middle;
    }
  }
  // The old root itself is known to the verifier; any other subtree that ends at the old size is not.
  if (from !== 0) {
    path.push({ from, to });
  }
  return path.toReversed();
}
