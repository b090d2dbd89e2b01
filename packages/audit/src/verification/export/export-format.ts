import { decodeBase64, encodeBase64, parseDecimal } from "../../transparency-log/encodings.ts";
import { HASH_BYTES } from "../../transparency-log/tree/hashing.ts";

/**
 * A verifiable export: JSON Lines. The lines of events are those of the plain JSONL export. Each event stands in it as
 * the very bytes that were logged, which are JSON, so that any tool can read it; what proves them stands around them.
 * A line that another tool has written anew is no part of an export any more.
 *
 *     {"export":"sark-audit-export/v1","origin":"…"}
 *     {"seq":0,"leaf_hash":"<hex>","event":{…}}             an event, its place and the leaf hash that was logged there
 *     {"seq":7,"leaf_hash":"<hex>","bytes":"<base64>"}      the same, for bytes that are no JSON: they were altered
 *     {"skip":{"from":8,"to":300,"hashes":["<base64>",…]}}  events that are not in the export, as the hashes of the
 *                                                           largest complete subtrees that cover them
 *     {"checkpoint":"<signed note>"}                        signs everything above it; also the last line
 */
export const EXPORT_FORMAT = "sark-audit-export/v1";

export type ExportLine =
  | { readonly type: "header"; readonly origin: string }
  | { readonly type: "event"; readonly seq: number; readonly leaf: Uint8Array; readonly bytes: Uint8Array }
  | {
      readonly type: "skip";
      readonly from: number;
      readonly to: number;
      readonly hashes: readonly Uint8Array[];
    }
  | { readonly type: "checkpoint"; readonly note: string };

const NEWLINE = 0x0a;
const LINE_END = Buffer.from("}\n");

export function formatHeader(origin: string): Buffer {
  return Buffer.from(`${JSON.stringify({ export: EXPORT_FORMAT, origin })}\n`);
}

export function formatEvent(seq: number, leaf: Uint8Array, canonical: Buffer): Buffer {
  const head = `{"seq":${seq},"leaf_hash":"${Buffer.from(leaf).toString("hex")}",`;
  return isJsonObject(canonical)
    ? Buffer.concat([Buffer.from(`${head}"event":`), canonical, LINE_END])
    : Buffer.from(`${head}"bytes":"${encodeBase64(canonical)}"}\n`);
}

export function formatSkip(from: number, to: number, hashes: readonly Uint8Array[]): Buffer {
  return Buffer.from(`${JSON.stringify({ skip: { from, to, hashes: hashes.map(encodeBase64) } })}\n`);
}

export function formatCheckpointLine(note: string): Buffer {
  return Buffer.from(`${JSON.stringify({ checkpoint: note })}\n`);
}

function isJsonObject(bytes: Buffer): boolean {
  if (bytes.includes(NEWLINE)) {
    return false;
  }
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8"));
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

const EVENT_KEY = Buffer.from('"event":');
const LEAF_HASH = /^[0-9a-f]{64}$/;
const EVENT_HEAD = /^\{"seq":(\d+),"leaf_hash":"([0-9a-f]{64})",$/;

/**
 * Reads a line; `null` for one that belongs to no export. What is proven are the bytes that were written: a line that
 * says the same in another spelling (`1.0` for `1`, keys in another order, a space more) is none of them.
 */
export function parseExportLine(line: Buffer): ExportLine | null {
  const at = line.indexOf(EVENT_KEY);
  const [, seq = "", leaf = ""] = (at > 0 && EVENT_HEAD.exec(line.toString("latin1", 0, at))) || [];
  const plainSeq = parseDecimal(seq);
  if (plainSeq !== null && line.at(-1) === 0x7d) {
    return {
      type: "event",
      seq: plainSeq,
      leaf: Buffer.from(leaf, "hex"),
      bytes: line.subarray(at + EVENT_KEY.length, -1),
    };
  }
  try {
    const value: unknown = JSON.parse(line.toString("utf8"));
    const parsed = isObject(value) ? parseObject(value) : null;
    return parsed !== null && formatLine(parsed).subarray(0, -1).equals(line) ? parsed : null;
  } catch {
    return null;
  }
}

function formatLine(line: ExportLine): Buffer {
  switch (line.type) {
    case "header":
      return formatHeader(line.origin);
    case "event":
      return formatEvent(line.seq, line.leaf, Buffer.from(line.bytes));
    case "skip":
      return formatSkip(line.from, line.to, line.hashes);
    case "checkpoint":
      return formatCheckpointLine(line.note);
  }
}

type Parts = Readonly<Record<string, unknown>>;

/** Only what is proven may stand in a line: other readers would take the rest for proven, too. */
function parseObject(value: Parts): ExportLine | null {
  switch (Object.keys(value).toSorted().join()) {
    case "export,origin":
      return value["export"] === EXPORT_FORMAT && typeof value["origin"] === "string"
        ? { type: "header", origin: value["origin"] }
        : null;
    case "checkpoint":
      return typeof value["checkpoint"] === "string"
        ? { type: "checkpoint", note: value["checkpoint"] }
        : null;
    case "skip":
      return isObject(value["skip"]) ? parseSkip(value["skip"]) : null;
    case "bytes,leaf_hash,seq":
      return parseEvent(value, typeof value["bytes"] === "string" ? decodeBase64(value["bytes"]) : null);
    default:
      return null;
  }
}

function parseEvent({ seq, leaf_hash: text }: Parts, bytes: Buffer | null): ExportLine | null {
  if (!isIndex(seq) || typeof text !== "string" || !LEAF_HASH.test(text) || bytes === null) {
    return null;
  }
  return { type: "event", seq, leaf: Buffer.from(text, "hex"), bytes };
}

function parseSkip({ from, to, hashes: texts, ...others }: Parts): ExportLine | null {
  if (!isIndex(from) || !isIndex(to) || from >= to || !Array.isArray(texts)) {
    return null;
  }
  if (Object.keys(others).length > 0) {
    return null;
  }
  const hashes = texts.map(parseHash);
  return hashes.includes(null) ? null : { type: "skip", from, to, hashes: hashes as Uint8Array[] };
}

function isObject(value: unknown): value is Parts {
  return typeof value === "object" && value !== null;
}

function isIndex(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function parseHash(text: unknown): Buffer | null {
  const hash = typeof text === "string" ? decodeBase64(text) : null;
  return hash?.length === HASH_BYTES ? hash : null;
}
