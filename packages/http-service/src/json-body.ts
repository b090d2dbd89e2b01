import {
  isJsonObject,
  type Json,
  findAmbiguity,
  hasPrototypeKey,
  readJson,
  UnreadableJson,
  type JsonBounds,
  type JsonProblem,
} from "@sark/json";
import { isUtf8Json } from "./json-type.ts";
import { TransportError } from "./transport-error.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The JSON of a REST body; throws 415 and 400 as they fit. */
export function readJsonBody(
  headers: { readonly "content-type"?: string | undefined; readonly "content-encoding"?: string | undefined },
  body: unknown,
): unknown {
  if (!isUtf8Json(headers["content-type"])) {
    throw new TransportError(
      "unsupported_media_type",
      "Send the body as Content-Type: application/json, in UTF-8.",
    );
  }
  // What stands in front may read it packed: the text that is decided on must be the only one.
  if (!/^(?:identity)?$/i.test(headers["content-encoding"]?.trim() ?? "")) {
    throw new TransportError("unsupported_media_type", "Send the body without Content-Encoding.");
  }
  if (!(body instanceof Buffer) || body.length === 0) {
    throw new TransportError("invalid_request", "body: a JSON object is required", { field: "body" });
  }
  const text = decode(body);
  const { value, problem } = read(text);
  if (hasPrototypeKey(value, text)) {
    throw refusal("the key __proto__ is not allowed");
  }
  if (problem !== null) {
    throw refusal(problem.problem, fieldAtFault(value, problem, text));
  }
  return value;
}

function decode(body: Buffer): string {
  try {
    return utf8.decode(body);
  } catch (cause) {
    throw notJson(cause);
  }
}

function read(text: string): ReturnType<typeof readJson> {
  try {
    return readJson(text, BOUNDS);
  } catch (error) {
    if (!(error instanceof UnreadableJson)) {
      throw error;
    }
    if (error.kind === "not_json") {
      throw notJson(error);
    }
    if (error.kind === "too_deep") {
      throw refusal(error.message);
    }
    throw new TransportError("payload_too_large", `body: ${error.message}`, { field: "body" });
  }
}

const BOUNDS: JsonBounds = {
  /** As of MCP messages, and as deep as payloads are shown to anyone; metadata may be less deep. */
  maxDepth: 100,
  /** Reading that many takes some tenths of a second, in which nothing else is done. */
  maxValues: 100_000,
};

/** The outermost one that has it; `undefined` where that is not looked for. */
function fieldAtFault(value: Json, { kind }: JsonProblem, text: string): string | undefined {
  if (kind === "duplicate_key" || kind === "number_out_of_range" || !isJsonObject(value)) {
    return undefined;
  }
  return Object.entries(value).find(([, inner]) => findAmbiguity(inner, text) !== null)?.[0];
}

function notJson(cause: unknown): TransportError {
  return new TransportError("invalid_request", "body: not valid JSON", { field: "body", cause });
}

function refusal(problem: string, field = "body"): TransportError {
  return new TransportError("invalid_request", `${field}: ${problem}`, { field });
}
