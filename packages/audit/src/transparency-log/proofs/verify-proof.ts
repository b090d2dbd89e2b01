import { EMPTY_ROOT, nodeHash } from "../tree/hashing.ts";

/** Whether `proof` shows that the leaf stands at `index` of the tree of that size and root (RFC 9162, 2.1.3.2). */
export function verifyInclusion(
  index: number,
  size: number,
  leaf: Uint8Array,
  proof: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  if (index < 0 || index >= size) {
    return false;
  }
  let [at, last] = [index, size - 1];
  let hash = leaf;
  for (const sibling of proof) {
    if (last === 0) {
      return false;
    }
    if (at % 2 === 1 || at === last) {
      hash = nodeHash(sibling, hash);
      while (at % 2 === 0 && at !== 0) {
        [at, last] = [half(at), half(last)];
      }
    } else {
      hash = nodeHash(hash, sibling);
    }
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && equal(hash, root);
}

/** Whether `proof` shows that the tree of `size` begins with the whole tree of `oldSize` (RFC 9162, 2.1.4.2). */
export function verifyConsistency(
  oldSize: number,
  size: number,
  oldRoot: Uint8Array,
  root: Uint8Array,
  proof: readonly Uint8Array[],
): boolean {
  if (oldSize < 0 || oldSize > size) {
    return false;
  }
  if (oldSize === 0) {
    return proof.length === 0 && equal(oldRoot, EMPTY_ROOT);
  }
  if (oldSize === size) {
    return proof.length === 0 && equal(oldRoot, root);
  }
  const path = isPowerOfTwo(oldSize) ? [oldRoot, ...proof] : [...proof];
  const first = path.shift();
  if (first === undefined) {
    return false;
  }
  let [at, last] = [oldSize - 1, size - 1];
  while (at % 2 === 1) {
    [at, last] = [half(at), half(last)];
  }
  let [oldHash, hash] = [first, first];
  for (const sibling of path) {
    if (last === 0) {
      return false;
    }
    if (at % 2 === 1 || at === last) {
      oldHash = nodeHash(sibling, oldHash);
      hash = nodeHash(sibling, hash);
      while (at % 2 === 0 && at !== 0) {
        [at, last] = [half(at), half(last)];
      }
    } else {
      hash = nodeHash(hash, sibling);
    }
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && equal(oldHash, oldRoot) && equal(hash, root);
}

const half = (n: number): number => Math.floor(n / 2);
const equal = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

function isPowerOfTwo(n: number): boolean {
  let power = 1;
  while (power < n) {
    power *= 2;
  }
  return power === n;
}
