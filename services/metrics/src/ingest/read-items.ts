import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { readJsonBody } from "@sark/http-service";
import { readJson, UnreadableJson } from "@sark/json";
import { createFairQueue, mapInSlices, type LongWork } from "@sark/scheduling";

/** A body as it came, with what its head says of it. */
export interface PackedBody {
  readonly type: string | undefined;
  readonly encoding: string | undefined;
  readonly bytes: Buffer;
}

/** An item of a batch, or why its line cannot be read. */
export type ReadItem = { readonly value: unknown } | { readonly problem: string };

/** Why a body as a whole is not taken. */
export class BatchRefused extends Error {
  override readonly name = "BatchRefused";
  readonly code: "payload_too_large" | "unsupported_media_type" | "invalid_request";

  constructor(code: BatchRefused["code"], message: string) {
    super(message);
    this.code = code;
  }
}

export const NDJSON = "application/x-ndjson";
/** Bodies that are unpacked at once, each of `maxBytes`; of one tenant. */
const UNPACKED = { atOnce: 8, perSource: 2 };
const unpack = promisify(gunzip);
/** Of one line; nesting as in a body of JSON. */
const LINE_BOUNDS = { maxDepth: 100, maxValues: 10_000 };
const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads bodies within bounds, packed or not. */
export interface BodyReader {
  /** The JSON of a body. */
  one(source: string, body: PackedBody): Promise<unknown>;
  /** The items of a batch: the lines of NDJSON, or `items` of a JSON object. */
  items(source: string, body: PackedBody, work: Pick<LongWork, "turn">): Promise<readonly ReadItem[]>;
}

export function createBodyReader(limits: {
  readonly maxBytes: number;
  readonly maxItems: number;
}): BodyReader {
  const { maxBytes, maxItems } = limits;
  const turns = createFairQueue(UNPACKED);

  async function plain(source: string, { encoding = "identity", bytes }: PackedBody): Promise<Buffer> {
    switch (encoding.trim().toLowerCase()) {
      case "":
      case "identity":
        return bytes;
      case "gzip":
        return turns.run(source, () => unpacked(bytes, maxBytes));
      default:
        throw new BatchRefused("unsupported_media_type", "Content-Encoding: gzip, or none.");
    }
  }

  return {
    async one(source, body) {
      return readJsonBody({ "content-type": body.type }, await plain(source, body));
    },
    async items(source, body, work) {
      const bytes = await plain(source, body);
      const isLines = /^application\/(?:x-ndjson|jsonl)\s*(?:;|$)/i.test(body.type ?? "");
      const items = isLines
        ? await mapInSlices(linesOf(bytes, maxItems), readLine, work.turn)
        : itemsOf(readJsonBody({ "content-type": body.type }, bytes));
      if (items.length > maxItems) {
        throw tooMany(maxItems);
      }
      if (items.length === 0) {
        throw new BatchRefused("invalid_request", "body: it has no events");
      }
      return items;
    },
  };
}

/** What would be larger than `maxBytes` is not unpacked to its end. */
async function unpacked(bytes: Buffer, maxBytes: number): Promise<Buffer> {
  try {
    return await unpack(bytes, { maxOutputLength: maxBytes });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") {
      throw new BatchRefused("payload_too_large", "The unpacked body is larger than http.maxBodySize.");
    }
    throw new BatchRefused("invalid_request", "body: it is not gzip");
  }
}

function itemsOf(body: unknown): readonly ReadItem[] {
  const { items, ...others } = Object(body) as { readonly items?: unknown };
  if (!Array.isArray(items) || Object.keys(others).length > 0) {
    throw new BatchRefused("invalid_request", "items: a list of events is required, and nothing else");
  }
  return items.map((value: unknown) => ({ value }));
}

function linesOf(bytes: Buffer, maxItems: number): Buffer[] {
  const lines: Buffer[] = [];
  for (let start = endOfBlank(bytes, 0); start < bytes.length;) {
    if (lines.length >= maxItems) {
      throw tooMany(maxItems);
    }
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline === -1 ? bytes.length : newline;
    lines.push(bytes.subarray(start, end));
    start = endOfBlank(bytes, end);
  }
  return lines;
}

/** Empty lines are passed over byte by byte: a body may be nothing else, and to cut eight million of them out held all callers up. */
function endOfBlank(bytes: Buffer, from: number): number {
  let at = from;
  while (bytes[at] === NEWLINE || bytes[at] === CARRIAGE_RETURN) {
    at += 1;
  }
  return at;
}

function readLine(line: Buffer): ReadItem {
  try {
    const { value, problem } = readJson(utf8.decode(line), LINE_BOUNDS);
    return problem === null ? { value } : { problem: problem.problem };
  } catch (error) {
    return { problem: error instanceof UnreadableJson ? error.message : "not valid UTF-8" };
  }
}

function tooMany(maxItems: number): BatchRefused {
  return new BatchRefused("payload_too_large", `More than ${maxItems} events (ingest.maxBatch).`);
}
