import { isUtf8 } from "node:buffer";
import { parseJson } from "@sark/audit/json";
import { type Json, measureJson, contentEnd, elementRanges, skipBlank, type Range } from "@sark/json";
import { MalformedResponse } from "../errors/malformed-response.ts";
import { refuseAmbiguousMessage } from "./ambiguity.ts";
import { readServerMessage, type ServerMessage } from "./server-message.ts";

/** What an upstream server sent as one text, and its messages, each with its place in it. */
export interface ServerMessages {
  readonly text: string;
  /** Deepest nesting of all of it. */
  readonly depth: number;
  /** An array, as the older revisions have them. */
  readonly batch: boolean;
  readonly messages: readonly (ServerMessage & { readonly range: Range })[];
}

/** Text of a document. A byte order mark is taken off: some readers skip it, and the others fail on it. */
export function decodeDocument(bytes: Buffer): string {
  if (!isUtf8(bytes)) {
    throw new MalformedResponse("The response is not UTF-8.");
  }
  const text = bytes.toString("utf8");
  return text.startsWith("\ufeff") ? text.slice(1) : text;
}

/** Parses and checks. Throws a `MalformedResponse` for whatever is no JSON-RPC, or more than one to different readers. */
export function readServerMessages(text: string, maxValues: number): ServerMessages {
  const measure = measureJson(text);
  if (measure.values > maxValues) {
    throw new MalformedResponse(`The response has more than ${maxValues} JSON values.`, "too_large");
  }
  const { depth } = measure;
  const value = parse(text);
  refuseAmbiguousMessage(value, measure);
  const start = skipBlank(text, 0);
  if (!Array.isArray(value)) {
    const range = { start, end: contentEnd(text) };
    return { text, depth, batch: false, messages: [{ ...readServerMessage(value, text, range), range }] };
  }
  const ranges = elementRanges(text, start);
  const messages = value.map((element, index) => {
    const range = ranges[index] ?? { start: 0, end: 0 };
    return { ...readServerMessage(element, text, range), range };
  });
  return { text, depth, batch: true, messages };
}

function parse(text: string): Json {
  try {
    return parseJson(text, "any") as Json;
  } catch (cause) {
    throw Object.assign(new MalformedResponse("No JSON."), { cause });
  }
}
