import type { OtlpResponse } from "./post-otlp.ts";

/** What a response with a status of 200 to 299 says of the things that were sent. */
export interface Success {
  readonly rejected: number;
  /** A reason, or a warning where nothing is rejected; empty for none. */
  readonly message: string;
}

type Counted = "rejectedSpans" | "rejectedDataPoints";

/**
 * Reads `partialSuccess`, of which a number of 64 bits is text in JSON. Nothing, or an object without it: all was taken.
 * `null`: something else than OTLP, such as the page of a proxy or login, from which nothing follows.
 */
export function readSuccess(
  { body, isWhole }: Pick<OtlpResponse, "body" | "isWhole">,
  counted: Counted,
  sent: number,
): Success | null {
  if (body.trim() === "" && isWhole) {
    return TAKEN;
  }
  const response = isWhole ? parsed(body) : undefined;
  if (!isObject(response)) {
    return null;
  }
  const partial = response["partialSuccess"] ?? {};
  if (!isObject(partial)) {
    return null;
  }
  const { [counted]: rejected = 0, errorMessage = "" } = partial;
  const isCount =
    typeof rejected === "number" || (typeof rejected === "string" && /^[+-]?\d{1,20}$/.test(rejected));
  return isCount && typeof errorMessage === "string"
    ? // No more than was sent can have been refused.
      { rejected: Math.trunc(Math.min(sent, Math.max(0, Number(rejected)))), message: errorMessage }
    : null;
}

const TAKEN: Success = { rejected: 0, message: "" };

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
