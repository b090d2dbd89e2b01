import { createHash } from "node:crypto";

/** RFC 6962 as it is written down, recursive and slow: what the real code is compared with. */
export interface ReferenceTree {
  root(from: number, to: number): Buffer;
  inclusion(index: number, from: number, to: number): Buffer[];
  consistency(oldSize: number, from: number, to: number, complete: boolean): Buffer[];
}

const sha256 = (...parts: readonly Uint8Array[]): Buffer => {
  const hasher = createHash("sha256");
  for (const part of parts) {
    hasher.update(part);
  }
  return hasher.digest();
};

export function referenceTree(leaves: readonly Uint8Array[]): ReferenceTree {
  const known = new Map<string, Buffer>();

  function root(from: number, to: number): Buffer {
    const key = `${from}-${to}`;
    const before = known.get(key);
    if (before !== undefined) {
      return before;
    }
    const made = compute(from, to);
    known.set(key, made);
    return made;
  }

  function compute(from: number, to: number): Buffer {
    if (to === from) {
      return sha256();
    }
    if (to - from === 1) {
      return sha256(Buffer.from([0]), leaves[from] ?? Buffer.alloc(0));
    }
    const k = from + largestPowerBelow(to - from);
    return sha256(Buffer.from([1]), root(from, k), root(k, to));
  }

  function inclusion(index: number, from: number, to: number): Buffer[] {
    if (to - from === 1) {
      return [];
    }
    const k = from + largestPowerBelow(to - from);
    return index < k
      ? [...inclusion(index, from, k), root(k, to)]
      : [...inclusion(index, k, to), root(from, k)];
  }

  /** SUBPROOF of RFC 6962, 2.1.2; `oldSize` counts from `from`. */
  function consistency(oldSize: number, from: number, to: number, complete: boolean): Buffer[] {
    if (oldSize === to - from) {
      return complete ? [] : [root(from, to)];
    }
    const split = largestPowerBelow(to - from);
    return oldSize <= split
      ? [...consistency(oldSize, from, from + split, complete), root(from + split, to)]
      : [...consistency(oldSize - split, from + split, to, false), root(from, from + split)];
  }

  return { root, inclusion, consistency };
}

function largestPowerBelow(n: number): number {
  return 2 ** Math.ceil(Math.log2(n) - 1);
}
