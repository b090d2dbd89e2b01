import { verifyCosignature } from "../transparency-log/notes/cosignature.ts";
import { encodeBase64, parseDecimal } from "../transparency-log/encodings.ts";
import { formatSignatureLine, parseNote, parseSignatureLine } from "../transparency-log/notes/signed-note.ts";
import type { VerifierKey } from "../transparency-log/notes/verifier-key.ts";
import type { AttestableCheckpoint, AttestationRequest, Attestor } from "./attestor.ts";
import { AttestationError } from "./errors.ts";
import { readBody } from "./read-body.ts";

/** Where a witness is (C2SP tlog-witness), and the key that its cosignatures are verified with. */
export interface WitnessOptions {
  /** The witness's submission prefix, without `/add-checkpoint`. */
  readonly url: string;
  /** Its key, of the cosignature kind (type 4). */
  readonly key: VerifierKey;
  /** Default 10,000. */
  readonly everyMs?: number;
  /** Default 10,000. */
  readonly timeoutMs?: number;
}

const MAX_RESPONSE_BYTES = 64 * 1024;

/**
 * Has checkpoints cosigned by a party that remembers, independently, how far the log had come (C2SP tlog-witness). Its
 * response is verified.
 */
export function createWitness({ url, key, everyMs = 10_000, timeoutMs = 10_000 }: WitnessOptions): Attestor {
  if (key.type !== "cosignature") {
    throw new TypeError(`The key of witness ${key.name} is no cosignature key.`);
  }
  const name = key.name;
  // The size that the witness cosigned last; it tells when this is wrong.
  let known = 0;

  async function submit({ checkpoint, proveConsistency, signal }: AttestationRequest): Promise<Response> {
    const hashes = await proveConsistency(known);
    const proof = hashes.map((hash) => `${encodeBase64(hash)}\n`).join("");
    return fetch(`${url.replace(/\/$/, "")}/add-checkpoint`, {
      method: "POST",
      body: `old ${known}\n${proof}\n${checkpoint.note}`,
      redirect: "error",
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
  }

  return {
    name,
    everyMs,
    async attest(request) {
      const { checkpoint } = request;
      for (let attempt = 0; attempt < 2; attempt += 1) {
        const response = await submit(request);
        const body = (await readBody(response, MAX_RESPONSE_BYTES)).toString("utf8");
        if (response.status === 200) {
          const lines = cosignatureIn(body, checkpoint, key);
          known = checkpoint.size;
          return { kind: "cosignature", lines };
        }
        if (response.status !== 409) {
          throw unexpected(name, `${response.status} ${body.slice(0, 200)}`);
        }
        known = sizeIn(body, response, name);
        if (known > checkpoint.size) {
          const seen = known;
          // The next request starts from nothing again, once the log has come that far.
          known = 0;
          throw new AttestationError(
            "rollback",
            `Witness ${name} has cosigned a tree of ${seen} events; this log's newest has ${checkpoint.size}.`,
          );
        }
      }
      throw unexpected(name, "409 twice in a row");
    },
  };
}

function sizeIn(body: string, response: Response, name: string): number {
  const size = body.endsWith("\n") ? parseDecimal(body.slice(0, -1)) : null;
  const type = response.headers.get("content-type");
  if (size === null || type !== "text/x.tlog.size") {
    throw unexpected(name, `409 without a size (${type})`);
  }
  return size;
}

/** The signature lines of the response that are the witness's; others are not asked for and not kept. */
function cosignatureIn(body: string, checkpoint: AttestableCheckpoint, key: VerifierKey): string {
  if (!body.endsWith("\n")) {
    throw unexpected(key.name, "a body that does not end in a newline");
  }
  const { text } = parseNote(checkpoint.note);
  const mine = body
    .slice(0, -1)
    .split("\n")
    .map(parseSignatureLine)
    .filter((signature) => signature.name === key.name && signature.keyId === key.id);
  if (mine.length === 0) {
    throw unexpected(key.name, "no signature of its key");
  }
  if (mine.some((signature) => verifyCosignature(text, signature, key) === null)) {
    throw unexpected(key.name, "a wrong signature");
  }
  return mine.map(formatSignatureLine).join("");
}

function unexpected(name: string, what: string): AttestationError {
  return new AttestationError(
    "bad_attestation",
    `Witness ${name} responded with ${what} (c2sp.org/tlog-witness).`,
  );
}
