import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { failureOf, postOtlp, type OtlpResponse } from "../../otlp/post-otlp.ts";
import { readSuccess } from "../../otlp/read-success.ts";
import { backoffMs } from "../../waiting/backoff.ts";
import { retryAfterMs } from "../../waiting/retry-after.ts";
import { wait } from "../../waiting/wait.ts";
import type { DropReason, OnDropped } from "./drop-reasons.ts";
import { encodeSpans } from "./encode-spans.ts";

/** Sends spans, and resolves when it is known what became of them: to `null`, or to why some were lost. Never rejects. */
export type ExportSpans = (spans: readonly ReadableSpan[], signal: AbortSignal) => Promise<string | null>;

export interface SpanExporterSettings {
  /** OTLP/HTTP URL of the collector. */
  readonly endpoint: string;
  readonly onDropped: OnDropped;
  /** Told what the collector remarks on spans that it took. */
  onWarning(message: string): void;
  /** For one request, in milliseconds. Default 10,000. */
  readonly timeoutMs?: number;
  /** How long the same spans are tried again. Default 60,000. */
  readonly retryForMs?: number;
}

const BACKOFF = { baseMs: 1_000, maxMs: 20_000 };
/** What OTLP has for a receiver that may take the same request later. */
const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504]);
const TOO_LARGE = 413;
/** Of what a receiver says as much is passed on. */
const EXCERPT = 200;

type Attempt =
  | { readonly kind: "taken"; readonly rejected: number; readonly message: string }
  | { readonly kind: "retry"; readonly problem: string; readonly afterMs: number | undefined }
  | { readonly kind: "lost"; readonly problem: string; readonly reason: DropReason }
  | { readonly kind: "too large"; readonly problem: string };

/**
 * Exports by OTLP/HTTP in JSON. A receiver that is away or busy is tried again, no sooner than it says; one that has asked to be
 * left alone is, though the spans at hand are given up meanwhile. Spans that have no place in one request go in two.
 */
export function createSpanExporter(settings: SpanExporterSettings): ExportSpans {
  const { endpoint, onDropped, onWarning, timeoutMs = 10_000, retryForMs = 60_000 } = settings;
  let quietUntil = 0;

  async function attempt(body: string, spans: number, signal: AbortSignal): Promise<Attempt> {
    try {
      return classify(await postOtlp({ endpoint, body, timeoutMs, signal }), spans);
    } catch (error) {
      return { kind: "retry", problem: failureOf(error), afterMs: undefined };
    }
  }

  function drop(spans: number, reason: DropReason, problem: string): string {
    onDropped(spans, reason, problem);
    return problem;
  }

  async function exportSpans(
    spans: readonly ReadableSpan[],
    signal: AbortSignal,
    giveUpAt: number,
  ): Promise<string | null> {
    const body = encodeSpans(spans);
    for (let failures = 1; ; failures += 1) {
      if (!(await wait(Math.max(0, quietUntil - performance.now()), { signal, ref: false }))) {
        return drop(spans.length, "shutdown", "ended");
      }
      const result = await attempt(body, spans.length, signal);
      switch (result.kind) {
        case "taken": {
          const { rejected, message } = result;
          if (rejected > 0) {
            return drop(rejected, "rejected", `the collector rejected ${rejected} spans: ${message}`);
          }
          if (message !== "") {
            onWarning(message);
          }
          return null;
        }
        case "lost":
          return drop(spans.length, result.reason, result.problem);
        case "too large": {
          if (spans.length === 1) {
            return drop(1, "rejected", result.problem);
          }
          const half = spans.length >> 1;
          const first = await exportSpans(spans.slice(0, half), signal, giveUpAt);
          return (await exportSpans(spans.slice(half), signal, giveUpAt)) ?? first;
        }
        case "retry": {
          if (signal.aborted) {
            return drop(spans.length, "shutdown", result.problem);
          }
          const pause = Math.max(backoffMs(failures, BACKOFF), result.afterMs ?? 0);
          quietUntil = performance.now() + pause;
          if (quietUntil > giveUpAt) {
            return drop(spans.length, "export_failed", result.problem);
          }
        }
      }
    }
  }
  return (spans, signal) => exportSpans(spans, signal, performance.now() + retryForMs);
}

function classify(response: OtlpResponse, spans: number): Attempt {
  const { status, body } = response;
  if (status >= 200 && status < 300) {
    const success = readSuccess(response, "rejectedSpans", spans);
    if (success === null) {
      const problem = `the collector responded with ${status} and what is not OTLP: ${excerpt(body)}`;
      return { kind: "lost", reason: "unconfirmed", problem };
    }
    return { kind: "taken", rejected: success.rejected, message: excerpt(success.message) };
  }
  const problem = `the collector responded with ${status}: ${excerpt(body)}`;
  if (RETRYABLE.has(status)) {
    return { kind: "retry", problem, afterMs: retryAfterMs(response.retryAfter) };
  }
  return status === TOO_LARGE
    ? { kind: "too large", problem }
    : { kind: "lost", reason: "rejected", problem };
}

function excerpt(text: string): string {
  return text.slice(0, EXCERPT);
}
