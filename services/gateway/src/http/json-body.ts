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
  try {
    const text = utf8.decode(body);
    // A reviver would cost more than the parsing; it is needed only where the key could be.
    return (
      MAYBE_PROTOTYPE_KEY.test(text) ? JSON.parse(text, refusePrototypeKeys) : JSON.parse(text)
    ) as unknown;
  } catch (cause) {
    if (cause instanceof HttpError) throw cause;
    throw new HttpError(400, "invalid_request", "body: not valid JSON", { field: "body", cause });
  }
}

/** The key itself, or an escape by which it could be spelt. */
const MAYBE_PROTOTYPE_KEY = /__proto__|\\u/;

function refusePrototypeKeys(key: string, value: unknown): unknown {
  if (key === "__proto__") {
    throw new HttpError(400, "invalid_request", "body: the key __proto__ is not allowed", { field: "body" });
  }
  return value;
}
