import {
  context,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Link,
  type Span,
  type SpanKind,
  type Tracer,
} from "@opentelemetry/api";
import { ATTR_ERROR_TYPE } from "@opentelemetry/semantic-conventions";
import { redactText } from "../redaction/secret-patterns.ts";

/** What a span is begun with besides its name. */
export interface SpanSettings {
  readonly kind?: SpanKind;
  readonly attributes?: Attributes;
  readonly links?: Link[];
  /** Context of the parent; default: the active one. */
  readonly parent?: Context;
}

/**
 * Runs `fn` with a span of this name active, and ends it when the promise settles. A rejection is
 * recorded (exception, `error.type`, status) and passed on.
 */
export async function withSpan<T>(
  tracer: Tracer,
  name: string,
  settings: SpanSettings,
  fn: (span: Span) => Promise<T> | T,
): Promise<T> {
  const { parent = context.active(), ...options } = settings;
  const span = tracer.startSpan(name, options, parent);
  try {
    return await context.with(trace.setSpan(parent, span), () => fn(span));
  } catch (error) {
    recordError(span, error);
    throw error;
  } finally {
    span.end();
  }
}

/** Marks a span as failed, with the error's type and its message freed of secrets. */
export function recordError(span: Span, error: unknown): void {
  const { name, message, code, stack } = (
    error instanceof Error ? error : new Error(String(error))
  ) as Error & {
    code?: unknown;
  };
  const shown = redactText(message);
  const exception = { name, message: shown, ...(stack === undefined ? {} : { stack: redactText(stack) }) };
  span.recordException(exception);
  span.setAttribute(ATTR_ERROR_TYPE, typeof code === "string" ? code : name);
  span.setStatus({ code: SpanStatusCode.ERROR, message: shown });
}
