import { CommandError, EXIT } from "../../exit-code.ts";
import { parseEntry } from "../scan/entry.ts";

/** syslog priorities in our levels. */
const LEVELS = ["fatal", "fatal", "fatal", "error", "warn", "info", "info", "debug"] as const;
const NEWLINE = 0x0a;
/** Far above any entry that a journal keeps; the length of a field is what the file says. */
const MAX_ENTRY_BYTES = 64 * 1024 * 1024;

type Field = string | readonly number[] | null | undefined;
type Fields = Readonly<Record<string, Field>>;

/**
 * Log lines out of what `journalctl` wrote, with `-o json` or `-o export`; any other bytes as they are. A message that is a
 * line of our logger is that line; any other becomes one.
 */
export async function* decodeJournal(
  pieces: AsyncIterable<{ readonly bytes: Buffer }>,
): AsyncGenerator<{ readonly bytes: Buffer }, void, void> {
  let decode: ((bytes: Buffer) => Buffer) | null = null;
  for await (const { bytes } of pieces) {
    decode ??= decoderFor(bytes);
    yield { bytes: decode(bytes) };
  }
}

function decoderFor(start: Buffer): (bytes: Buffer) => Buffer {
  const line = start.toString("utf8", 0, Math.max(0, start.indexOf(NEWLINE)));
  if (/^(__CURSOR|__REALTIME_TIMESTAMP)=/.test(line)) {
    return createExportDecoder();
  }
  const record = parseEntry(line, null).record as Fields | null;
  return typeof record?.["__REALTIME_TIMESTAMP"] === "string" ? decodeJsonLines : (bytes) => bytes;
}

function decodeJsonLines(bytes: Buffer): Buffer {
  const lines = bytes
    .toString("utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const { record } = parseEntry(line, null);
      return record === null ? line : lineOf(record as Fields);
    });
  return Buffer.from(lines.map((line) => `${line}\n`).join(""));
}

/**
 * systemd's export format: entries are parted by an empty line, fields are `NAME=text`, or, where the value has newlines or
 * other control characters, `NAME`, the value's length as 64 bits little-endian, and the value.
 */
function createExportDecoder(): (bytes: Buffer) => Buffer {
  let rest: Buffer = Buffer.alloc(0);
  return (bytes) => {
    const all = Buffer.concat([rest, bytes]);
    const lines: string[] = [];
    let done = 0;
    for (let entry = readExportEntry(all, 0); entry !== null; entry = readExportEntry(all, done)) {
      done = entry.end;
      if (entry.fields["MESSAGE"] !== undefined) {
        lines.push(`${lineOf(entry.fields)}\n`);
      }
    }
    rest = all.subarray(done);
    if (rest.length > MAX_ENTRY_BYTES) {
      throw new CommandError(EXIT.unable, "An entry of the journal has no end: this is no export of one.");
    }
    return Buffer.from(lines.join(""));
  };
}

/** One entry with the empty line after it; `null` where it has not all arrived. */
function readExportEntry(
  bytes: Buffer,
  from: number,
): { readonly fields: Fields; readonly end: number } | null {
  const fields: Record<string, string> = {};
  let at = from;
  for (;;) {
    const newline = bytes.indexOf(NEWLINE, at);
    if (newline < 0) {
      return null;
    }
    if (newline === at) {
      return { fields, end: at + 1 };
    }
    const text = bytes.toString("utf8", at, newline);
    const equals = text.indexOf("=");
    if (equals >= 0) {
      fields[text.slice(0, equals)] = text.slice(equals + 1);
      at = newline + 1;
      continue;
    }
    const value = newline + 9;
    if (value > bytes.length) {
      return null;
    }
    const length = Number(bytes.readBigUInt64LE(newline + 1));
    if (length > MAX_ENTRY_BYTES) {
      throw new CommandError(EXIT.unable, "A field of the journal is too long: this is no export of one.");
    }
    if (value + length + 1 > bytes.length) {
      return null;
    }
    fields[text] = bytes.toString("utf8", value, value + length);
    at = value + length + 1;
  }
}

function lineOf(fields: Fields): string {
  const message = textOf(fields["MESSAGE"]);
  if (!message.includes("\n") && parseEntry(message, null).at !== null) {
    return message;
  }
  const micros = Number(textOf(fields["__REALTIME_TIMESTAMP"]));
  const at = new Date(micros / 1_000);
  return JSON.stringify({
    level: LEVELS[Number(textOf(fields["PRIORITY"]) || "6")] ?? "info",
    ...(Number.isNaN(at.getTime()) ? {} : { timestamp: at.toISOString() }),
    component: textOf(fields["SYSLOG_IDENTIFIER"]) || textOf(fields["_SYSTEMD_UNIT"]),
    message,
  });
}

/** Text, or its bytes where it is no valid UTF-8; `null` where it is larger than `journalctl` writes. */
function textOf(field: Field): string {
  return typeof field === "string"
    ? field
    : Array.isArray(field)
      ? Buffer.from(field as readonly number[]).toString("utf8")
      : "";
}
