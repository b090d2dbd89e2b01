import { jsonObject } from "../../http/response-text.ts";
import type { HttpResponse } from "../../http/http-client.ts";
import { statusResult } from "../../http/status-result.ts";
import type { DeliveryResult } from "../../domain/sink.ts";

/** 202 is the intake's only word for success; its own 400 asks for another content. */
export function classifyDatadogResponse(response: HttpResponse): DeliveryResult {
  if (response.status === 202) {
    // It says nothing else then; with its own errors it is not known what became of the events.
    return isOfIntake(response.text)
      ? { kind: "maybe_duplicate", reason: `accepted with errors: ${response.excerpt}` }
      : { kind: "delivered" };
  }
  if (response.status < 300) {
    return { kind: "maybe_duplicate", reason: `not a response of the intake: ${response.excerpt}` };
  }
  if (response.status === 400 && isOfIntake(response.text)) {
    return { kind: "rejected", index: null, reason: `status 400: ${response.excerpt}` };
  }
  return statusResult(response);
}

/** The intake's errors: `{"errors": [{"status", "title", "detail"}]}`. */
function isOfIntake(text: string): boolean {
  const errors = jsonObject(text)?.["errors"];
  if (!Array.isArray(errors) || errors.length === 0) {
    return false;
  }
  return errors.every((error: unknown) => typeof Object(error)["title"] === "string");
}
