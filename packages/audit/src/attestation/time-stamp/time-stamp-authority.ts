import { hash, randomBytes, type X509Certificate } from "node:crypto";
import { parseNote } from "../../transparency-log/notes/signed-note.ts";
import type { Attestor } from "../attestor.ts";
import { AttestationError } from "../errors.ts";
import { readBody } from "../read-body.ts";
import { der, integer, oid, readDer, TAG } from "./der.ts";
import { SHA256_OID, verifyTimeStamp } from "./time-stamp-token.ts";

/** Where an RFC 3161 time-stamp authority is, and what its stamps are verified with. */
export interface TimeStampAuthorityOptions {
  readonly url: string;
  /** Certificates of the authority, or of an authority that vouches for it. */
  readonly trusted: readonly X509Certificate[];
  /** Default an hour. */
  readonly everyMs?: number;
  /** Default 10,000. */
  readonly timeoutMs?: number;
}

const MAX_RESPONSE_BYTES = 64 * 1024;

/** Has checkpoints time-stamped (RFC 3161). What is stamped is the checkpoint's signed text. */
export function createTimeStampAuthority(options: TimeStampAuthorityOptions): Attestor {
  const { url, trusted, everyMs = 3_600_000, timeoutMs = 10_000 } = options;
  return {
    name: url,
    everyMs,
    async attest({ checkpoint, signal }) {
      const data = Buffer.from(parseNote(checkpoint.note).text);
      const nonce = integer(randomBytes(8));
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/timestamp-query" },
        body: new Uint8Array(timeStampRequest(data, nonce)),
        redirect: "error",
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      });
      const type = response.headers.get("content-type");
      if (response.status !== 200 || type !== "application/timestamp-reply") {
        throw new AttestationError(
          "bad_attestation",
          `${url} responded with ${response.status} ${type} to a time-stamp query.`,
        );
      }
      const token = tokenIn(await readBody(response, MAX_RESPONSE_BYTES));
      verifyTimeStamp(token, { data, nonce }, trusted);
      return { kind: "time_stamp", token };
    },
  };
}

/** TimeStampReq of RFC 3161, 2.4.1: SHA-256, with a nonce, asking for the certificate. */
export function timeStampRequest(data: Uint8Array, nonce: Buffer): Buffer {
  const algorithm = der(TAG.sequence, oid(SHA256_OID), der(TAG.null));
  const imprint = der(TAG.sequence, algorithm, der(TAG.octetString, hash("sha256", data, "buffer")));
  return der(TAG.sequence, integer(Buffer.from([1])), imprint, nonce, der(TAG.boolean, Buffer.from([0xff])));
}

/** The token of a TimeStampResp; throws `bad_attestation` when the authority refused. */
export function tokenIn(body: Buffer): Buffer {
  let status: number | undefined;
  let token: Buffer | undefined;
  try {
    const [response, ...rest] = readDer(body);
    const [statusInfo, contentInfo] = rest.length === 0 && response ? readDer(response.content) : [];
    status = statusInfo && readDer(statusInfo.content)[0]?.content.readUInt8(0);
    token = contentInfo?.bytes;
  } catch (cause) {
    throw new AttestationError("bad_attestation", "The response is no time-stamp reply.", { cause });
  }
  // 0 is granted, 1 granted with modifications; the rest are refusals.
  if (token === undefined || status === undefined || status > 1) {
    throw new AttestationError("bad_attestation", `The authority refused to stamp (status ${status}).`);
  }
  return token;
}
