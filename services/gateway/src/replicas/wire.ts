import { createHash } from "node:crypto";
import type { ForwardedRequest } from "../domain/forwarding.ts";
import type { Caller } from "../domain/governance.ts";
import type { Seal } from "@sark/shared-state";

/** Path at which a replica takes what others forward. */
export const FORWARD_PATH = "/forwarded";
/** Shown before a body is read: by this alone nothing is taken. */
export const KNOCK_HEADER = "sark-forward-knock";
/** Proves that a response is that of the replica which was asked. */
export const PROOF_HEADER = "sark-forward-proof";
/** Why it was not taken: nothing was done about it. */
export const REFUSED_HEADER = "sark-forward-refused";

/** What is forwarded, without its body. */
export interface Envelope {
  /** Unix milliseconds. */
  readonly time: number;
  /** Of this request alone. */
  readonly nonce: string;
  readonly request: Omit<ForwardedRequest, "body" | "signal">;
}

const LENGTH_BYTES = 4;

/** Length of the envelope, the envelope, and the body as it is. Both are proven, for this one receiver. */
export function encodeForwarded(
  seal: Seal,
  receiver: string,
  envelope: Envelope,
  body: Buffer | null,
): Buffer {
  const bytes = body ?? Buffer.alloc(0);
  const { subjectToken, ...caller } = envelope.request.caller;
  const data = plain({
    ...envelope,
    hasBody: body !== null,
    request: { ...envelope.request, caller },
    token: subjectToken?.() ?? null,
  });
  const sealed = Buffer.from(seal.close(boundTo(receiver, bytes), JSON.stringify(data)));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(sealed.length);
  return Buffer.concat([length, sealed, bytes]);
}

/** `null` for what no replica of this installation has sent to this one. */
export function decodeForwarded(
  seal: Seal,
  receiver: string,
  message: Buffer,
): { readonly envelope: Envelope; readonly body: Buffer | null } | null {
  if (message.length < LENGTH_BYTES) {
    return null;
  }
  const end = LENGTH_BYTES + message.readUInt32BE(0);
  const body = message.subarray(end);
  const opened = seal.open(boundTo(receiver, body), message.subarray(LENGTH_BYTES, end).toString("latin1"));
  if (opened === null) {
    return null;
  }
  // What is sealed was written by a replica with the same key.
  const { hasBody, token, ...envelope } = JSON.parse(opened) as Envelope & {
    readonly hasBody: boolean;
    readonly token: string | null;
  };
  const caller: Caller = {
    ...envelope.request.caller,
    ...(token === null ? {} : { subjectToken: () => token }),
  };
  return { envelope: { ...envelope, request: { ...envelope.request, caller } }, body: hasBody ? body : null };
}

export function knockOf(seal: Seal, receiver: string): string {
  return seal.tag(`knock ${receiver}`);
}

export function proofOf(seal: Seal, nonce: string): string {
  return seal.tag(`forwarded ${nonce}`);
}

function boundTo(receiver: string, body: Buffer): string {
  return `${receiver} ${createHash("sha256").update(body).digest("base64url")}`;
}

/**
 * As JSON has it. Throws for what JSON would leave out or change: rights of a caller that are lost on the way would be
 * rights that it does not have.
 */
export function plain(value: unknown): unknown {
  if (value === null || typeof value === "string" || typeof value === "boolean") {
    return value;
  }
  if (typeof value === "number" && Number.isFinite(value)) {
    return value;
  }
  if (Array.isArray(value)) {
    return value.map(plain);
  }
  const prototype: unknown = typeof value === "object" ? Object.getPrototypeOf(value) : undefined;
  if (prototype !== Object.prototype && prototype !== null) {
    throw new TypeError(`a ${typeof value} cannot be passed on to another replica`);
  }
  const kept = Object.entries(value as object).filter(([, member]) => member !== undefined);
  return Object.fromEntries(kept.map(([key, member]) => [key, plain(member)]));
}
