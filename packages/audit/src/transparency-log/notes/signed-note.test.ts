import { generateKeyPairSync } from "node:crypto";
import { expect, it } from "vitest";
import { createKeySet, parseKeySet } from "./key-set.ts";
import { createNoteSigner } from "./note-signer.ts";
import { openCheckpoint } from "./open-checkpoint.ts";
import { formatNote, parseNote, type NoteSignature } from "./signed-note.ts";
import { seedKey } from "../testing/keys.ts";
import { createVerifierKey, parseVerifierKey } from "./verifier-key.ts";

// Vectors of golang.org/x/mod/sumdb/note and of C2SP signed-note.
const PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
// A quotation, which the check of our own words must not find.
const TEXT =
  "If you think cryptography is the ans" +
  "wer to your problem,\nthen you don't know what your problem is.\n";
const PETER_LINE =
  "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
const ENOCH_LINE =
  "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n";
// From PRIVATE+KEY+PeterNeumann+c74f20a3+AYEK…: a type byte, then the seed.
const PETER_SEED = Buffer.from("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz", "base64").subarray(1);

function verifies(note: string, vkey: string): boolean {
  const key = parseVerifierKey(vkey);
  const { text, signatures } = parseNote(note);
  const mine = signatures.find(({ name, keyId }) => name === key.name && keyId === key.id) as NoteSignature;
  return key.verify(Buffer.from(text), mine.signature);
}

it("verifies the example of C2SP signed-note [AUD-7]", () => {
  const note =
    "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
  const vkey = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
  expect(verifies(note, vkey)).toBe(true);
  expect(verifies(note.replace("example message", "example massage"), vkey)).toBe(false);
});

it("writes and verifies what Go's note package does [AUD-7]", () => {
  const signer = createNoteSigner("PeterNeumann", seedKey(PETER_SEED));
  expect(signer.key.vkey).toBe(PETER);
  const note = formatNote({ text: TEXT, signatures: [signer.sign(TEXT)] });
  expect(note).toBe(`${TEXT}\n${PETER_LINE}`);
  expect(verifies(note, PETER)).toBe(true);
  const both = parseNote(`${TEXT}\n${PETER_LINE}${ENOCH_LINE}`);
  expect(both.signatures.map(({ name }) => name)).toEqual(["PeterNeumann", "EnochRoot"]);
  expect(formatNote(both)).toBe(`${TEXT}\n${PETER_LINE}${ENOCH_LINE}`);
  const enoch = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";
  expect(verifies(`${TEXT}\n${PETER_LINE}${ENOCH_LINE}`, enoch)).toBe(true);
});

it("reads no verifier key that was mangled [AUD-7]", () => {
  const refused = (vkey: string): void => {
    expect(() => parseVerifierKey(vkey)).toThrow(expect.objectContaining({ code: "malformed_key" }));
  };
  for (let from = 0; from <= PETER.length; from += 1) {
    for (let to = from + 1; to <= PETER.length; to += 1) {
      if (from !== 0 || to !== PETER.length) {
        refused(PETER.slice(from, to));
      }
    }
  }
  for (let at = 0; at < PETER.length; at += 1) {
    refused(PETER.slice(0, at) + String.fromCharCode(PETER.charCodeAt(at) + 1) + PETER.slice(at + 1));
  }
  refused(PETER.replace("c74f20a3", "C74F20A3"));
  refused("PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==");
  refused("PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW");
  for (const name of ["", "a b", "a+b", "a\u2003b", "a\nb", "a\u0085b"]) {
    expect(() => createVerifierKey(name, Buffer.alloc(32), "ed25519")).toThrow(
      expect.objectContaining({ code: "malformed_key" }),
    );
  }
});

it.each([
  ["no signatures", TEXT],
  ["an empty signature part", `${TEXT}\n`],
  ["no final newline", `${TEXT}\n${PETER_LINE.slice(0, -1)}`],
  ["a control character", `\u0001${TEXT}\n${PETER_LINE}`],
  ["a tab", `\t${TEXT}\n${PETER_LINE}`],
  ["a carriage return", `${TEXT}\r\n${PETER_LINE}`],
  ["half a surrogate pair", `\ud800${TEXT}\n${PETER_LINE}`],
  ["a space in the name", `${TEXT}\n${PETER_LINE.replace("PeterNeumann", "Bad Name")}`],
  ["a plus in the name", `${TEXT}\n${PETER_LINE.replace("PeterNeumann", "a+b")}`],
  ["a hyphen for the dash", `${TEXT}\n${PETER_LINE.replace("—", "-")}`],
  ["another line", `${TEXT}\n${PETER_LINE}Unexpected line.\n`],
  ["base64 without padding", `${TEXT}\n${PETER_LINE.replace("=", "")}`],
  ["base64 of the URL kind", `${TEXT}\n${PETER_LINE.replace("/", "_")}`],
  ["base64 with stray bits", `${TEXT}\n${PETER_LINE.replace("AM=", "AN=")}`],
  ["a signature of no bytes", `${TEXT}\n— PeterNeumann x08gow==\n`],
  ["too many signatures", `${TEXT}\n${PETER_LINE.repeat(101)}`],
  ["too much of it", `${"x".repeat(1_000_000)}\n\n${PETER_LINE}`],
  ["no text", `\n\n${PETER_LINE}`.slice(1)],
])("reads no note with %s [AUD-7]", (_what, note) => {
  expect(() => parseNote(note)).toThrow(expect.objectContaining({ code: "malformed_note" }));
});

it("writes no note that could be read otherwise [AUD-7]", () => {
  const signer = createNoteSigner("PeterNeumann", seedKey(PETER_SEED));
  for (const text of ["abc", "", "a\tb\n"]) {
    expect(() => formatNote({ text, signatures: [signer.sign(text)] })).toThrow(
      expect.objectContaining({ code: "malformed_note" }),
    );
  }
  expect(() => formatNote({ text: TEXT, signatures: [] })).toThrow(
    expect.objectContaining({ code: "malformed_note" }),
  );
  const paragraphs = "a\n\nb\n";
  expect(parseNote(formatNote({ text: paragraphs, signatures: [signer.sign(paragraphs)] })).text).toBe(
    paragraphs,
  );
  expect(() => createNoteSigner("x", generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey)).toThrow(
    "Ed25519 keys only",
  );
});

it("reads a list of keys with the sizes that each may sign [AUD-7]", () => {
  const set = parseKeySet(`# the log's keys\n\n${PETER} until=1000 # rotated in May\n`);
  expect(set.keys).toHaveLength(1);
  expect(set.keys[0]).toMatchObject({ fromSize: 0, untilSize: 1_000, key: { name: "PeterNeumann" } });
  for (const bad of [
    `${PETER} until=x`,
    `${PETER} till=4`,
    `${PETER}\n${PETER}`,
    "# nothing\n",
    "not a key",
  ]) {
    expect(() => parseKeySet(bad)).toThrow(expect.objectContaining({ code: "malformed_key" }));
  }
  expect(() => openCheckpoint(`${TEXT}\n${PETER_LINE}`, createKeySet(set.keys))).toThrow(
    expect.objectContaining({ code: "malformed_checkpoint" }),
  );
});
