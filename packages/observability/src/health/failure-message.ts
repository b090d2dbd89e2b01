import { redactText } from "../redaction/secret-patterns.ts";

const MAX_LENGTH = 300;
const NO_REASON = "failed without giving a reason";

/** One short sentence on why a check failed, without secrets. Never throws. */
export function failureMessage(thrown: unknown): string {
  try {
    return redactText(reason(thrown).slice(0, 10 * MAX_LENGTH)).slice(0, MAX_LENGTH);
  } catch {
    return NO_REASON;
  }
}

function reason(thrown: unknown): string {
  // Node's refused connections are AggregateErrors with an empty message: the first of them speaks.
  const empty = thrown instanceof AggregateError && thrown.message === "";
  const speaker: unknown = empty ? thrown.errors[0] : thrown;
  if (speaker instanceof Error) {
    return speaker.message === "" ? speaker.name : speaker.message;
  }
  return typeof speaker === "string" ? speaker : NO_REASON;
}
