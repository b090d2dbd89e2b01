import { CommandError, EXIT } from "../exit-code.ts";
import { readInput, type UnreadInput } from "./read-input.ts";

/** A signed note of a checkpoint: origin, size, root, perhaps more lines, an empty one, signatures. */
const NOTE = /^[^\n]+\n\d+\n[A-Za-z0-9+/=]+\n(?:[^\n]+\n)*\n(?:\u2014 [^\n]+\n)+$/;
/** Events of a SIEM nest, and hold JSON as text; a note stands not deeper than this. */
const MAX_DEPTH = 12;
/** Of a file, which may hold what a SIEM has of some months. */
const MAX_MEBIBYTES = 64;

/** `--checkpoint`: a note, or an event `log_checkpoint` (JSON, also one a line) as a SIEM has it. The largest counts. */
export async function readCheckpoint(file: string): Promise<string> {
  let text: string;
  try {
    text = await readInput(file, MAX_MEBIBYTES);
  } catch (cause) {
    const { reason } = cause as UnreadInput;
    throw new CommandError(EXIT.usage, `--checkpoint: cannot read ${file} (${reason}).`, { cause });
  }
  if (NOTE.test(text)) {
    return text;
  }
  const notes = [text, ...text.split("\n")].flatMap((part) => findNotes(parse(part), 0));
  const [largest] = notes.sort((a, b) => sizeOf(b) - sizeOf(a));
  if (largest === undefined) {
    const message = `--checkpoint: ${file} holds neither a signed checkpoint nor an event log_checkpoint in JSON.`;
    throw new CommandError(EXIT.usage, message);
  }
  return largest;
}

function findNotes(value: unknown, depth: number): string[] {
  if (depth > MAX_DEPTH) {
    return [];
  }
  if (typeof value === "string") {
    if (NOTE.test(value)) {
      return [value];
    }
    return value.startsWith("{") ? findNotes(parse(value), depth + 1) : [];
  }
  if (typeof value !== "object" || value === null) {
    return [];
  }
  return Object.values(value).flatMap((inner) => findNotes(inner, depth + 1));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

const sizeOf = (note: string): number => Number(note.split("\n")[1]);
