import { decodeBase64, encodeBase64 } from "../encodings.ts";
import { TransparencyLogError } from "../errors.ts";

/** One signature line. `name` and `keyId` together say whose it is and of which kind. */
export interface NoteSignature {
  readonly name: string;
  /** Four bytes, as a big-endian number. */
  readonly keyId: number;
  readonly signature: Uint8Array;
}

/** A note as C2SP signed-note defines it. Nothing in it counts before a signature of a trusted key was verified. */
export interface SignedNote {
  /** The signed text, with its final newline. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** C2SP asks for at least 16 signatures. */
const MAX_SIGNATURES = 100;
const MAX_NOTE_CHARACTERS = 1_000_000;

/** Any ASCII control character but the newline. */
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0009\u000b-\u001f]/;
const SIGNATURE_LINE = /^— ([^\p{White_Space}+]+) ([A-Za-z0-9+/]+={0,2})$/u;

/** Reads a note strictly; throws `malformed_note`. It verifies nothing. */
export function parseNote(note: string): SignedNote {
  if (note.length > MAX_NOTE_CHARACTERS) {
    throw malformed("it is too long");
  }
  if (!note.isWellFormed() || CONTROL.test(note)) {
    throw malformed("it has characters that a note may not have");
  }
  const split = note.lastIndexOf("\n\n");
  if (split <= 0 || !note.endsWith("\n")) {
    throw malformed("text, empty line and signatures are needed");
  }
  const lines = note.slice(split + 2, -1).split("\n");
  if (lines.length > MAX_SIGNATURES) {
    throw malformed(`more than ${MAX_SIGNATURES} signatures`);
  }
  return { text: note.slice(0, split + 1), signatures: lines.map(parseSignatureLine) };
}

/** Reads one signature line, without its newline. */
export function parseSignatureLine(line: string): NoteSignature {
  const [, name, encoded = ""] = SIGNATURE_LINE.exec(line) ?? [];
  const bytes = decodeBase64(encoded);
  if (name === undefined || bytes === null || bytes.length < 5) {
    throw malformed("a signature line is not readable");
  }
  return { name, keyId: bytes.readUInt32BE(0), signature: bytes.subarray(4) };
}

export function formatNote({ text, signatures }: SignedNote): string {
  if (!text.endsWith("\n") || signatures.length === 0) {
    throw malformed("text or signatures are missing");
  }
  const note = `${text}\n${signatures.map(formatSignatureLine).join("")}`;
  if (parseNote(note).text !== text) {
    throw malformed("the text cannot be told from its signatures");
  }
  return note;
}

/** A signature line with its newline. */
export function formatSignatureLine({ name, keyId, signature }: NoteSignature): string {
  const bytes = Buffer.alloc(4 + signature.length);
  bytes.writeUInt32BE(keyId);
  bytes.set(signature, 4);
  return `— ${name} ${encodeBase64(bytes)}\n`;
}

function malformed(why: string): TransparencyLogError {
  return new TransparencyLogError("malformed_note", `Not a signed note (c2sp.org/signed-note): ${why}.`);
}
