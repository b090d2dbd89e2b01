import { JsonNumberError, parseJson } from "@sark/audit";
import { isJsonObject, type Json } from "../domain/json.ts";
import { findAmbiguity } from "../json/ambiguity.ts";
import { countMembers, measureJson } from "../json/measure.ts";
import { HttpError } from "./errors.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The JSON of a REST body; throws 415 and 400 as they fit. */
export function readJsonBody(contentType: string | undefined, body: unknown): unknown {
  if (!/^application\/json\s*(;|$)/i.test(contentType ?? "")) {
    throw new HttpError(415, "unsupported_media_type", "Send the body as Content-Type: application/json.");
  }
  if (!(body instanceof Buffer) || body.length === 0) {
    throw new HttpError(400, "invalid_request", "body: a JSON object is required", { field: "body" });
  }
  let text: string;
  let value: Json;
  try {
    text = utf8.decode(body);
    const { depth, values } = measureJson(text);
    if (depth > MAX_DEPTH) throw refusal(`nested deeper than ${MAX_DEPTH} levels`);
    if (values > MAX_VALUES) {
      throw new HttpError(413, "payload_too_large", `body: more than ${MAX_VALUES} JSON values`, {
        field: "body",
      });
    }
    value = parseJson(text) as Json;
    if (MAYBE_PROTOTYPE_KEY.test(text)) refusePrototypeKeys(value);
  } catch (cause) {
    if (cause instanceof HttpError) throw cause;
    if (cause instanceof JsonNumberError) throw refusal(cause.message);
    throw new HttpError(400, "invalid_request", "body: not valid JSON", { field: "body", cause });
  }
  refuseAmbiguity(value, text);
  return value;
}

/** As of MCP messages, and as deep as payloads are shown to anyone; metadata may be less deep. */
const MAX_DEPTH = 100;

/** Reading that many takes some tenths of a second, in which nothing else is done. */
const MAX_VALUES = 100_000;

/** What another parser of the same text would understand differently; the rules are those of MCP messages. */
function refuseAmbiguity(value: Json, text: string): void {
  if (measureJson(text).members !== countMembers(value)) throw refusal("an object has the same key twice");
  const found = findAmbiguity(value, text);
  if (found === null) return;
  const fields = isJsonObject(value) ? Object.entries(value) : [];
  const [field] = fields.find(([, inner]) => findAmbiguity(inner, text) !== null) ?? [];
  throw refusal(found.problem, field);
}

function refusal(problem: string, field = "body"): HttpError {
  return new HttpError(400, "invalid_request", `${field}: ${problem}`, { field });
}

/** The key itself, or an escape by which it could be spelt. */
const MAYBE_PROTOTYPE_KEY = /__proto__|\\u/;

function refusePrototypeKeys(value: Json): void {
  if (Array.isArray(value)) value.forEach(refusePrototypeKeys);
  if (!isJsonObject(value)) return;
  if (Object.hasOwn(value, "__proto__")) throw refusal("the key __proto__ is not allowed");
  Object.values(value).forEach(refusePrototypeKeys);
}
