import { decodeBase64, encodeBase64, parseDecimal } from "../encodings.ts";
import { TransparencyLogError } from "../errors.ts";
import { HASH_BYTES, leafHash } from "../tree/hashing.ts";
import type { KeySet } from "../notes/key-set.ts";
import { openCheckpoint, type OpenedCheckpoint } from "../notes/open-checkpoint.ts";
import { verifyInclusion } from "./verify-proof.ts";

/** That one event stands in the log: proof to keep, checked without the log. */
export interface InclusionProof {
  /** Position in the log: the event's `seq`. */
  readonly index: number;
  /** Hashes from the leaf's sibling upwards (RFC 6962, 2.1.1). */
  readonly hashes: readonly Uint8Array[];
  /** The checkpoint that it leads to, as a signed note. */
  readonly checkpoint: string;
}

/** Proof that one event is in the log (C2SP tlog-proof), with the event. */
export interface Receipt extends InclusionProof {
  /** The event's exact bytes (RFC 8785 JSON). */
  readonly event: Uint8Array;
}

const HEADER = "c2sp.org/tlog-proof@v1";
const MAX_HASHES = 63;

/** C2SP tlog-proof. With `event` it is a receipt: the event's bytes travel in the `extra` line. */
export function formatProof(proof: InclusionProof & { readonly event?: Uint8Array }): string {
  const lines = [
    HEADER,
    ...(proof.event === undefined ? [] : [`extra ${encodeBase64(proof.event)}`]),
    `index ${proof.index}`,
    ...proof.hashes.map(encodeBase64),
  ];
  return `${lines.join("\n")}\n\n${proof.checkpoint}`;
}

/** Reads a proof or receipt; throws `malformed_proof`. It verifies nothing. */
export function parseProof(text: string): InclusionProof & { readonly event: Uint8Array | null } {
  const split = text.indexOf("\n\n");
  const lines = split < 0 ? [] : text.slice(0, split).split("\n");
  if (lines.shift() !== HEADER) {
    throw malformed(`the first line is not "${HEADER}"`);
  }
  let event: Buffer | null = null;
  if (lines[0]?.startsWith("extra ")) {
    event = decodeBase64((lines.shift() ?? "").slice("extra ".length));
    if (event === null) {
      throw malformed("the extra line is not base64");
    }
  }
  const indexLine = lines.shift() ?? "";
  const index = indexLine.startsWith("index ") ? parseDecimal(indexLine.slice("index ".length)) : null;
  if (index === null) {
    throw malformed("the index line is missing or not readable");
  }
  if (lines.length > MAX_HASHES) {
    throw malformed(`more than ${MAX_HASHES} hashes`);
  }
  const hashes = lines.map((line) => {
    const hash = decodeBase64(line);
    if (hash?.length !== HASH_BYTES) {
      throw malformed(`"${line}" is no SHA-256 in base64`);
    }
    return hash;
  });
  return { index, hashes, event, checkpoint: text.slice(split + 2) };
}

/** What the verifier demands of a receipt besides that it holds. */
export interface ReceiptDemands {
  /** Of the log; without it the one that the key is named for. */
  readonly origin?: string;
  /** The event's number and the leaf hash of its record (hex), as its caller was told them when it was recorded. */
  readonly seq?: number;
  readonly leafHash?: string;
}

/**
 * Verifies that the receipt's event is in the log, at its index. Throws what `openCheckpoint` throws,
 * `malformed_proof`, `proof_mismatch`, or `wrong_event`.
 */
export function verifyReceipt(
  text: string,
  keys: KeySet,
  { origin, seq, leafHash: demanded }: ReceiptDemands = {},
): { readonly receipt: Receipt; readonly checkpoint: OpenedCheckpoint } {
  const { event, ...proof } = parseProof(text);
  if (event === null) {
    throw malformed("it carries no event; a receipt has it in its extra line");
  }
  const checkpoint = openCheckpoint(proof.checkpoint, keys, origin);
  const leaf = leafHash(event);
  if (!verifyInclusion(proof.index, checkpoint.size, leaf, proof.hashes, checkpoint.root)) {
    throw new TransparencyLogError(
      "proof_mismatch",
      `The event is not number ${proof.index} of the log at size ${checkpoint.size}: it, its proof or its index was altered.`,
    );
  }
  if (seq !== undefined && seq !== proof.index) {
    throw otherEvent(`it is number ${proof.index} of the log, not ${seq}`);
  }
  const hash = Buffer.from(leaf).toString("hex");
  if (demanded !== undefined && demanded !== hash) {
    throw otherEvent(`the hash of its record is ${hash}, not ${demanded}`);
  }
  return { receipt: { ...proof, event }, checkpoint };
}

function otherEvent(why: string): TransparencyLogError {
  return new TransparencyLogError("wrong_event", `The receipt is of another event: ${why}.`);
}

function malformed(why: string): TransparencyLogError {
  return new TransparencyLogError("malformed_proof", `Not a proof (c2sp.org/tlog-proof): ${why}.`);
}
