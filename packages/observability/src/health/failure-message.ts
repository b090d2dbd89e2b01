import { redactText } from "../logging/secret-patterns.ts";

const MAX_LENGTH = 300;

/** One short sentence on why a check failed, without secrets. */
export function failureMessage(thrown: unknown): string {
  return redactText(reason(thrown)).slice(0, MAX_LENGTH);
}

/** Node's refused connections are AggregateErrors with an empty message: the first of them speaks. */
function reason(thrown: unknown): string {
  if (thrown instanceof AggregateError && thrown.message === "" && thrown.errors.length > 0) {
    return reason(thrown.errors[0]);
  }
  if (thrown instanceof Error) return thrown.message === "" ? thrown.name : thrown.message;
  return typeof thrown === "string" ? thrown : "failed without giving a reason";
}
