import type { QueuedEvent } from "./queue.ts";

/** An event of a batch that the service does not take. */
export interface Refusal {
  readonly index: number;
  readonly code: string;
  readonly field: string | null;
  readonly message: string;
}

/** What became of a request. */
export type Exchanged =
  | {
      readonly kind: "taken";
      readonly accepted: number;
      readonly duplicates: number;
      readonly refused: readonly Refusal[];
    }
  /** The body is too large: half of it may not be. */
  | { readonly kind: "too_large" }
  /** The service will not take it, however often it is sent. */
  | { readonly kind: "refused"; readonly code: string; readonly message: string }
  | {
      readonly kind: "failed";
      readonly reason: string;
      readonly retryAfterMs: number;
      readonly keyIsUsed: boolean;
    };

/** Such statuses say that the same request is right at another time, or with another key of the caller. */
const TEMPORARY: ReadonlySet<number> = new Set([401, 403, 404, 408, 425, 429]);

/** Sends a batch once. Never rejects. */
export async function exchange(request: {
  readonly fetch: typeof fetch;
  readonly url: string;
  readonly apiKey: string;
  /** The same for the same events: a repetition gets the response of the first request. */
  readonly idempotencyKey: string;
  readonly events: readonly QueuedEvent[];
  readonly signal: AbortSignal;
}): Promise<Exchanged> {
  // Browsers call theirs without an object, or not at all.
  const { fetch: send } = request;
  try {
    const response = await send(request.url, {
      method: "POST",
      headers: {
        "x-api-key": request.apiKey,
        "content-type": "application/x-ndjson",
        "idempotency-key": request.idempotencyKey,
      },
      body: request.events.map(({ line }) => line).join(""),
      redirect: "error",
      signal: request.signal,
    });
    const text = await response.text();
    return response.status === 200 ? taken(text, request.events.length) : notTaken(response, text);
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  }
}

function taken(text: string, events: number): Exchanged {
  const { accepted, duplicates, refused } = JSON.parse(text) as Extract<Exchanged, { kind: "taken" }>;
  // What something else than the service has responded acknowledges nothing.
  return Array.isArray(refused) && accepted + duplicates + refused.length === events
    ? { kind: "taken", accepted, duplicates, refused }
    : failed("the response does not account for the events of the batch");
}

function notTaken({ status, headers }: Response, text: string): Exchanged {
  const { code = `http_${status}`, detail = `status ${status}` } = problemIn(text);
  if (status === 413) {
    return { kind: "too_large" };
  }
  if (status === 409) {
    return { ...failed(detail), keyIsUsed: true };
  }
  return status >= 500 || status < 400 || TEMPORARY.has(status)
    ? failed(`${code}: ${detail}`, retryAfterMs(headers.get("retry-after")))
    : { kind: "refused", code, message: detail };
}

function failed(reason: string, waitMs = 0) {
  return { kind: "failed", reason, retryAfterMs: waitMs, keyIsUsed: false } as const;
}

function problemIn(text: string): { readonly code?: string; readonly detail?: string } {
  try {
    const { code, detail } = Object(JSON.parse(text)) as { code?: unknown; detail?: unknown };
    return {
      ...(typeof code === "string" ? { code } : {}),
      ...(typeof detail === "string" ? { detail } : {}),
    };
  } catch {
    return {};
  }
}

/** Seconds, or a date (RFC 9110). */
function retryAfterMs(header: string | null): number {
  const ms =
    header === null ? 0 : /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : 0;
}
