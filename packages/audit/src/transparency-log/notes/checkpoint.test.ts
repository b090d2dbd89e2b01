import { expect, it } from "vitest";
import { formatCheckpoint, parseCheckpoint } from "./checkpoint.ts";
import { leafHash } from "../tree/hashing.ts";
import { createKeySet, type TrustedKey } from "./key-set.ts";
import { createCosigner, createNoteSigner } from "./note-signer.ts";
import { openCheckpoint } from "./open-checkpoint.ts";
import { formatProof, parseProof, verifyReceipt } from "../proofs/receipt.ts";
import { formatNote, parseNote } from "./signed-note.ts";
import { namedKey } from "../testing/keys.ts";
import { referenceTree } from "../testing/reference-tree.ts";
import type { VerifierKey } from "./verifier-key.ts";

const ORIGIN = "sark.example/audit";
const log = createNoteSigner(ORIGIN, namedKey("log"));
const next = createNoteSigner(ORIGIN, namedKey("next"));
const witness = createCosigner("witness.example/w1", namedKey("witness"));
const root = leafHash(Buffer.from("x"));
const text = formatCheckpoint({ origin: ORIGIN, size: 1_000, root });
const note = formatNote({ text, signatures: [log.sign(text)] });

function trust(key: VerifierKey, fromSize = 0, untilSize = Number.MAX_SAFE_INTEGER): TrustedKey {
  return { key, fromSize, untilSize };
}
const keys = createKeySet([trust(log.key)]);
const refusal = (code: string): unknown => expect.objectContaining({ code });

it("writes the three lines of C2SP tlog-checkpoint and reads them back [AUD-7]", () => {
  const example = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
  expect(formatCheckpoint(parseCheckpoint(example))).toBe(example);
  expect(parseCheckpoint(`${example}an extension\n`).size).toBe(20_852_163);
  expect(parseCheckpoint(formatCheckpoint({ origin: "o", size: 0, root })).size).toBe(0);
  for (const bad of [
    example.slice(0, -1),
    example.replace("20852163", "020852163"),
    example.replace("20852163", "-1"),
    example.replace("20852163", "1e3"),
    example.replace("20852163", "9007199254740993"),
    example.replace("q2I=", "q2J="),
    example.replace("CsUYapGG", ""),
    `\n${example}`,
    `${example}\n`,
    "one\n2\n",
  ]) {
    expect(() => parseCheckpoint(bad)).toThrow(refusal("malformed_checkpoint"));
  }
  for (const bad of [
    { origin: "" },
    { origin: "a\nb" },
    { size: -1 },
    { size: 1.5 },
    { root: Buffer.alloc(31) },
  ]) {
    expect(() => formatCheckpoint({ origin: "o", size: 1, root, ...bad })).toThrow(
      refusal("malformed_checkpoint"),
    );
  }
});

it("accepts a checkpoint only by a key that it trusts, for a tree of that size [AUD-7]", () => {
  expect(openCheckpoint(note, keys, ORIGIN)).toMatchObject({
    origin: ORIGIN,
    size: 1_000,
    signedBy: [log.key],
  });
  expect(() => openCheckpoint(note, createKeySet([trust(next.key)]))).toThrow(refusal("unknown_key"));
  expect(() => openCheckpoint(note, keys, "another.example")).toThrow(refusal("wrong_origin"));
  expect(() => openCheckpoint(note.replace("1000", "1001"), keys)).toThrow(refusal("invalid_signature"));
  expect(() => openCheckpoint(note, createKeySet([trust(log.key, 0, 999)]))).toThrow(
    refusal("key_out_of_range"),
  );
  expect(() => openCheckpoint(note, createKeySet([trust(log.key, 1_001)]))).toThrow(
    refusal("key_out_of_range"),
  );
  expect(openCheckpoint(note, createKeySet([trust(log.key, 1_000, 1_000)])).size).toBe(1_000);
});

it("accepts no checkpoint of another log that the key signed, unless that log is asked for [AUD-7]", () => {
  const other = formatCheckpoint({ origin: "other.example/audit", size: 1_000, root });
  const signed = formatNote({ text: other, signatures: [log.sign(other)] });
  expect(() => openCheckpoint(signed, keys)).toThrow(refusal("wrong_origin"));
  expect(openCheckpoint(signed, keys, "other.example/audit").signedBy).toEqual([log.key]);
  const named = createNoteSigner("other.example/audit", namedKey("log"));
  const both = formatNote({ text: other, signatures: [log.sign(other), named.sign(other)] });
  expect(openCheckpoint(both, createKeySet([trust(log.key), trust(named.key)])).signedBy).toEqual([
    named.key,
  ]);
});

it("passes over signatures of unknown keys and refuses a wrong one of a known key beside a right one [AUD-7]", () => {
  const both = formatNote({ text, signatures: [next.sign(text), log.sign(text)] });
  expect(openCheckpoint(both, keys).signedBy).toEqual([log.key]);
  const rotating = createKeySet([trust(log.key, 0, 1_000), trust(next.key, 1_000)]);
  expect(openCheckpoint(both, rotating).signedBy).toEqual([next.key, log.key]);
  const forged = formatNote({
    text,
    signatures: [log.sign(text), { ...next.sign(text), signature: log.sign(text).signature }],
  });
  expect(openCheckpoint(forged, keys).size).toBe(1_000);
  expect(() => openCheckpoint(forged, rotating)).toThrow(refusal("invalid_signature"));
});

it("verifies the cosignatures of trusted witnesses, and their time [AUD-7]", () => {
  const time = 1_679_315_147;
  const cosigned = formatNote({ text, signatures: [log.sign(text), witness.cosign(text, time)] });
  const trusted = createKeySet([trust(log.key), trust(witness.key)]);
  expect(openCheckpoint(cosigned, trusted).witnessedBy).toEqual([{ key: witness.key, time }]);
  expect(openCheckpoint(cosigned, keys).witnessedBy).toEqual([]);
  const moved = witness.cosign(text, time);
  Buffer.from(moved.signature.buffer, moved.signature.byteOffset).writeBigUInt64BE(BigInt(time + 1));
  for (const signature of [
    moved,
    witness.cosign(text, 0),
    witness.cosign(text, 253_402_300_800),
    { ...moved, signature: moved.signature.subarray(1) },
  ]) {
    const bad = formatNote({ text, signatures: [log.sign(text), signature] });
    expect(() => openCheckpoint(bad, trusted)).toThrow(refusal("invalid_signature"));
  }
  // A witness alone does not make a checkpoint: the log has to sign it.
  const alone = formatNote({ text, signatures: [witness.cosign(text, time)] });
  expect(() => openCheckpoint(alone, trusted)).toThrow(refusal("unknown_key"));
  // The time stands where C2SP tlog-cosignature puts it.
  const [example] = parseNote(
    "x\n\n— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n",
  ).signatures;
  expect(Buffer.from(example!.signature).readBigUInt64BE(0)).toBe(1_679_315_147n);
});

it("makes receipts that stand on their own [AUD-7]", () => {
  const events = Array.from({ length: 21 }, (_none, index) => Buffer.from(`{"id":"é${index}"}`));
  const tree = referenceTree(events);
  const body = formatCheckpoint({ origin: ORIGIN, size: 21, root: tree.root(0, 21) });
  const checkpoint = formatNote({ text: body, signatures: [log.sign(body)] });
  for (const index of [0, 7, 16, 20]) {
    const proof = { index, hashes: tree.inclusion(index, 0, 21), checkpoint };
    const receipt = formatProof({ ...proof, event: events[index]! });
    const verified = verifyReceipt(receipt, keys, { origin: ORIGIN });
    expect(Buffer.from(verified.receipt.event)).toEqual(events[index]);
    expect(verified.checkpoint.size).toBe(21);
    const hash = leafHash(events[index]!).toString("hex");
    expect(() => verifyReceipt(receipt, keys, { seq: index, leafHash: hash })).not.toThrow();
    for (const asked of [{ seq: index + 1 }, { leafHash: leafHash(events[1]!).toString("hex") }]) {
      expect(() => verifyReceipt(receipt, keys, asked)).toThrow(refusal("wrong_event"));
    }
    expect(parseProof(formatProof(proof))).toEqual({ ...proof, event: null });
    expect(() => verifyReceipt(formatProof(proof), keys)).toThrow(refusal("malformed_proof"));
    for (const other of [
      { event: events[1]! },
      { index: (index + 1) % 21 },
      { hashes: proof.hashes.slice(1) },
    ]) {
      const bad = formatProof({ ...proof, event: events[index]!, ...other });
      expect(() => verifyReceipt(bad, keys)).toThrow(refusal("proof_mismatch"));
    }
  }
  const one = formatProof({ index: 0, hashes: [root], event: Buffer.from("e"), checkpoint });
  for (const bad of [
    "",
    one.replace("@v1", "@v2"),
    one.replace("index 0", "index 00"),
    one.replace("index 0\n", ""),
    one.replace("extra ZQ==", "extra ZQ"),
    one.replace("\n\n", "\n"),
    formatProof({ index: 0, hashes: Array.from({ length: 64 }, () => root), checkpoint }),
    formatProof({ index: 0, hashes: [Buffer.alloc(31)], checkpoint }),
  ]) {
    expect(() => parseProof(bad)).toThrow(refusal("malformed_proof"));
  }
});
