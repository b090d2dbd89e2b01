import { hash } from "node:crypto";

/** Bytes of a SHA-256 hash. */
export const HASH_BYTES = 32;

/** Root of the tree without leaves: the hash of nothing (RFC 6962, section 2.1). */
export const EMPTY_ROOT: Buffer = hash("sha256", "", "buffer");

let leafInput = Buffer.alloc(4_096);
const nodeInput = Buffer.alloc(1 + 2 * HASH_BYTES, 1);

/** RFC 6962 leaf hash: SHA-256(0x00 ‖ data). */
export function leafHash(data: Uint8Array): Buffer {
  if (data.length >= leafInput.length) {
    leafInput = Buffer.alloc(2 * data.length);
  }
  leafInput[0] = 0;
  leafInput.set(data, 1);
  return hash("sha256", leafInput.subarray(0, data.length + 1), "buffer");
}

/** RFC 6962 interior node: SHA-256(0x01 ‖ left ‖ right). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  nodeInput.set(left, 1);
  nodeInput.set(right, 1 + HASH_BYTES);
  return hash("sha256", nodeInput, "buffer");
}

/** Root over complete subtrees of falling size: the right edge of an RFC 6962 tree. */
export function foldRight(hashes: readonly Uint8Array[]): Uint8Array {
  let root = hashes.at(-1);
  if (root === undefined) {
    return EMPTY_ROOT;
  }
  for (let at = hashes.length - 2; at >= 0; at -= 1) {
    root = nodeHash(hashes[at] ?? EMPTY_ROOT, root);
  }
  return root;
}
