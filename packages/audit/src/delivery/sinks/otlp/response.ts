import { jsonObject } from "../../http/response-text.ts";
import type { HttpResponse } from "../../http/http-client.ts";
import { statusResult } from "../../http/status-result.ts";
import type { DeliveryResult } from "../../domain/sink.ts";

/** Looked for in the text, of which only the beginning may be there; within a string its quotes would be escaped. */
const REFUSED = /"(?:rejectedLogRecords|rejected_log_records)"\s*:\s*"?(\d+)/;

/** The codes of `google.rpc.Status`, which is what an OTLP receiver says of a request that it will never take. */
const LAST_CODE = 16;

function isStatus(text: string): boolean {
  const { code, message } = jsonObject(text) ?? {};
  return (
    Number.isInteger(code) && Number(code) > 0 && Number(code) <= LAST_CODE && typeof message === "string"
  );
}

/**
 * Any 2xx is success, unless its body tells of records that were refused. Which ones it does not tell, so that they are
 * looked for in smaller requests: the rest arrives twice, which is better than not knowing what is missing. A web page is
 * no response of a receiver, but of a proxy or a login in between; an empty one is what some servers call their 2xx.
 */
export function classifyOtlpResponse(response: HttpResponse): DeliveryResult {
  if (response.status === 400 && isStatus(response.text)) {
    return { kind: "rejected", index: null, reason: `status 400: ${response.excerpt}` };
  }
  if (response.status < 200 || response.status >= 300) {
    return statusResult(response);
  }
  if (/^text\/html\b/i.test(String(response.headers["content-type"] ?? "")) && /^\s*</.test(response.text)) {
    return { kind: "maybe_duplicate", reason: `not a response of an OTLP receiver: ${response.excerpt}` };
  }
  const refused = Number(REFUSED.exec(response.text)?.[1] ?? 0);
  if (refused === 0) {
    return { kind: "delivered" };
  }
  return { kind: "rejected", index: null, reason: `${refused} of the records refused: ${response.excerpt}` };
}
