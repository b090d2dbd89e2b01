import { SpanStatusCode, type Attributes, type Span } from "@opentelemetry/api";
import type { Awaitable } from "../../domain/awaitable.ts";
import type { TraceClock } from "./trace-clock.ts";

/** Ends a span as `fn` does, and passes on how that was. `said` is what a result adds to it. */
export async function settle<T>(
  span: Span,
  clock: TraceClock,
  fn: () => Awaitable<T>,
  said?: (result: T) => Attributes,
): Promise<T> {
  try {
    const result = await fn();
    if (said !== undefined) {
      span.setAttributes(said(result));
    }
    return result;
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR });
    span.setAttribute("error.type", errorCode(error));
    throw error;
  } finally {
    span.end(clock.now());
  }
}

export function errorCode(error: unknown): string {
  return (error as { code?: string }).code ?? "error";
}
