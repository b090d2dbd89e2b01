/** An error as a log line shows it. Further properties stay out: drivers put row values and requests there. */
export interface ErrorRecord {
  readonly type: string;
  readonly code?: string | number;
  readonly message: string;
  readonly stack?: string;
  readonly cause?: unknown;
  /** The first ones of an AggregateError. */
  readonly errors?: readonly unknown[];
}

const MAX_CAUSES = 5;
const MAX_ERRORS = 5;

/** Name, code, message, stack and causes of anything thrown; causes to a depth of five. */
export function serializeError(thrown: unknown, depth = 0): ErrorRecord {
  if (!(thrown instanceof Error)) {
    return { type: typeof thrown, message: describe(thrown) };
  }
  const code = (thrown as { code?: unknown }).code;
  const deeper = depth < MAX_CAUSES;
  return {
    type: thrown.name || thrown.constructor.name,
    ...(typeof code === "string" || typeof code === "number" ? { code } : {}),
    message: thrown.message,
    ...(typeof thrown.stack === "string" ? { stack: thrown.stack } : {}),
    ...(thrown.cause !== undefined && deeper ? { cause: serializeError(thrown.cause, depth + 1) } : {}),
    ...(thrown instanceof AggregateError && deeper
      ? {
          errors: thrown.errors
            .slice(0, MAX_ERRORS)
            .map((error: unknown) => serializeError(error, depth + 1)),
        }
      : {}),
  };
}

function describe(thrown: unknown): string {
  if (typeof thrown === "object" && thrown !== null) {
    const message = (thrown as { message?: unknown }).message;
    return typeof message === "string" ? message : "an object that is no Error was thrown";
  }
  return String(thrown);
}
