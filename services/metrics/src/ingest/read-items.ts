import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { isUtf8Json } from "@sark/http-service";
import { hasPrototypeKey, readJson, UnreadableJson } from "@sark/json";
import { createFairQueue, mapInSlices, type LongWork } from "@sark/scheduling";
import { BatchRefused } from "./batch-refused.ts";
import { elementsOf, linesOf } from "./cut-body.ts";

/** A body as it came, with what its head says of it. */
export interface PackedBody {
  readonly type: string | undefined;
  readonly encoding: string | undefined;
  readonly bytes: Buffer;
}

/** An item of a batch, or why it cannot be read. */
export type ReadItem = { readonly value: unknown } | { readonly problem: string };

export const NDJSON = "application/x-ndjson";
const TYPES_OF_LINES = [NDJSON, "application/jsonl"];
/** Bodies that are unpacked at once, each of `maxBytes`; of one tenant. */
const UNPACKED = { atOnce: 8, perSource: 2 };
const unpack = promisify(gunzip);
/** Of one event; nesting as in a body of JSON. */
const BOUNDS = { maxDepth: 100, maxValues: 10_000 };
/** Of the text of one event, which has half of it with all escapes that there can be: reading one of megabytes takes the thread from all. */
const MAX_EVENT_BYTES = 65_536;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads the bodies of batches within bounds, packed or not. */
export interface BodyReader {
  /** The items of a batch: the lines of NDJSON, or `items` of a JSON object. An item is read in one way wherever it stands. */
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
    async items(source, body, work) {
      const cut = cutterFor(body.type);
      const items = cut(await plain(source, body), maxItems);
      if (items.length === 0) {
        throw new BatchRefused("invalid_request", "body: it has no events");
      }
      return mapInSlices(items, readItem, work.turn);
    },
  };
}

function cutterFor(type: string | undefined): typeof linesOf {
  if (isUtf8Json(type, TYPES_OF_LINES)) {
    return linesOf;
  }
  if (isUtf8Json(type)) {
    return elementsOf;
  }
  throw new BatchRefused(
    "unsupported_media_type",
    `Send the body as Content-Type: application/json or ${NDJSON}, in UTF-8.`,
  );
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

function readItem(bytes: Buffer): ReadItem {
  if (bytes.length > MAX_EVENT_BYTES) {
    return { problem: `longer than ${MAX_EVENT_BYTES} bytes` };
  }
  try {
    const text = utf8.decode(bytes);
    const { value, problem } = readJson(text, BOUNDS);
    if (problem !== null) {
      return { problem: problem.problem };
    }
    return hasPrototypeKey(value, text) ? { problem: "the key __proto__ is not allowed" } : { value };
  } catch (error) {
    return { problem: error instanceof UnreadableJson ? error.message : "not valid UTF-8" };
  }
}
