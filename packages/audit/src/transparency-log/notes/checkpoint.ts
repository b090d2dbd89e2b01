import { decodeBase64, encodeBase64, parseDecimal } from "../encodings.ts";
import { TransparencyLogError } from "../errors.ts";
import { HASH_BYTES } from "../tree/hashing.ts";

/** A tree head (C2SP tlog-checkpoint). */
export interface Checkpoint {
  /** Which log. */
  readonly origin: string;
  /** Leaves in the tree. */
  readonly size: number;
  /** RFC 6962 root hash. */
  readonly root: Uint8Array;
}

/** The text that is signed: origin, size and root, a line each. Extension lines are never written. */
export function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  if (!isOrigin(origin) || !Number.isSafeInteger(size) || size < 0 || root.length !== HASH_BYTES) {
    throw malformed(`origin "${origin}", size ${size} and a root of ${root.length} bytes make none`);
  }
  return `${origin}\n${size}\n${encodeBase64(root)}\n`;
}

/** Reads a note's text; extension lines are allowed and ignored, as the format asks. Throws `malformed_checkpoint`. */
export function parseCheckpoint(text: string): Checkpoint {
  const lines = text.split("\n");
  const last = lines.pop();
  const [origin = "", sizeText = "", rootText = ""] = lines;
  const size = parseDecimal(sizeText);
  const root = decodeBase64(rootText);
  if (last !== "" || lines.length < 3 || lines.includes("") || !isOrigin(origin)) {
    throw malformed("three non-empty lines are needed");
  }
  if (size === null) {
    throw malformed(`"${sizeText}" is no tree size`);
  }
  if (root?.length !== HASH_BYTES) {
    throw malformed(`"${rootText}" is no SHA-256 in base64`);
  }
  return { origin, size, root };
}

function isOrigin(origin: string): boolean {
  // oxlint-disable-next-line no-control-regex
  return origin !== "" && origin.isWellFormed() && !/[\u0000-\u001f]/.test(origin);
}

function malformed(why: string): TransparencyLogError {
  return new TransparencyLogError(
    "malformed_checkpoint",
    `Not a checkpoint (c2sp.org/tlog-checkpoint): ${why}.`,
  );
}
