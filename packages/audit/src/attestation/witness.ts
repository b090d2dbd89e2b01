import { appendSignatures, type SignedRow } from "../log-tables/checkpoint-table.ts";
import { LogBuilderError } from "../log-builder/errors.ts";
import { consistencyHashes } from "../log-builder/proofs/prove-consistency.ts";
import { verifyCosignature } from "../transparency-log/notes/cosignature.ts";
import { encodeBase64, parseDecimal } from "../transparency-log/encodings.ts";
import { formatSignatureLine, parseNote, parseSignatureLine } from "../transparency-log/notes/signed-note.ts";
import type { VerifierKey } from "../transparency-log/notes/verifier-key.ts";
import type { Attestor } from "./attestor.ts";
import { readBody } from "./read-body.ts";

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

const MAX_ANSWER_BYTES = 64 * 1024;

/**
 * Has checkpoints cosigned by somebody who remembers, independently, how far the log had come (C2SP tlog-witness). What
 * it answers is verified before it is stored.
 */
export function createWitness({ url, key, everyMs = 10_000, timeoutMs = 10_000 }: WitnessOptions): Attestor {
  if (key.type !== "cosignature") {
    throw new TypeError(`The key of witness ${key.name} is no cosignature key.`);
  }
  const name = key.name;
  // The size that the witness cosigned last; it tells when this is wrong.
  let known = 0;

  async function submit(
    checkpoint: SignedRow,
    hashes: readonly Uint8Array[],
    signal: AbortSignal,
  ): Promise<Response> {
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
    async attest(pool, checkpoint, signal) {
      for (let attempt = 0; attempt < 2; attempt += 1) {
        const response = await submit(checkpoint, await consistencyHashes(pool, known, checkpoint), signal);
        const answer = (await readBody(response, MAX_ANSWER_BYTES)).toString("utf8");
        if (response.status === 200) {
          await appendSignatures(pool, checkpoint.size, cosignatureIn(answer, checkpoint, key));
          known = checkpoint.size;
          return;
        }
        if (response.status !== 409) {
          throw unexpected(name, `${response.status} ${answer.slice(0, 200)}`);
        }
        known = sizeIn(answer, response, name);
        if (known > checkpoint.size) {
          const seen = known;
          // Asked again from the start, once the log has come that far.
          known = 0;
          throw new LogBuilderError(
            "rollback",
            `Witness ${name} has cosigned a tree of ${seen} events; this log's newest has ${checkpoint.size}.`,
          );
        }
      }
      throw unexpected(name, "409 twice in a row");
    },
  };
}

function sizeIn(answer: string, response: Response, name: string): number {
  const size = answer.endsWith("\n") ? parseDecimal(answer.slice(0, -1)) : null;
  const type = response.headers.get("content-type");
  if (size === null || type !== "text/x.tlog.size") {
    throw unexpected(name, `409 without a size (${type})`);
  }
  return size;
}

/** The signature lines of the answer that are the witness's; others are not asked for and not kept. */
function cosignatureIn(answer: string, checkpoint: SignedRow, key: VerifierKey): string {
  if (!answer.endsWith("\n")) {
    throw unexpected(key.name, "an answer that does not end in a newline");
  }
  const { text } = parseNote(checkpoint.note);
  const mine = answer
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

function unexpected(name: string, what: string): LogBuilderError {
  return new LogBuilderError(
    "bad_attestation",
    `Witness ${name} answered with ${what} (c2sp.org/tlog-witness).`,
  );
}
