import { jsonObject } from "../../http/answer-text.ts";
import type { HttpAnswer } from "../../http/http-client.ts";
import { statusOutcome } from "../../http/status-outcome.ts";
import type { Outcome } from "../../domain/sink.ts";

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
 * no answer of a receiver, but of a proxy or a login in between; an empty one is what some servers call their 2xx.
 */
export function classifyOtlpAnswer(answer: HttpAnswer): Outcome {
  if (answer.status === 400 && isStatus(answer.text)) {
    return { kind: "rejected", index: null, reason: `status 400: ${answer.excerpt}` };
  }
  if (answer.status < 200 || answer.status >= 300) {
    return statusOutcome(answer);
  }
  if (/^text\/html\b/i.test(String(answer.headers["content-type"] ?? "")) && /^\s*</.test(answer.text)) {
    return { kind: "maybe_duplicate", reason: `not an answer of an OTLP receiver: ${answer.excerpt}` };
  }
  const refused = Number(REFUSED.exec(answer.text)?.[1] ?? 0);
  if (refused === 0) {
    return { kind: "delivered" };
  }
  return { kind: "rejected", index: null, reason: `${refused} of the records refused: ${answer.excerpt}` };
}
