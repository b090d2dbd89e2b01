import type { HttpAnswer } from "../../http/http-client.ts";
import { statusOutcome } from "../../http/status-outcome.ts";
import type { Outcome } from "../../domain/sink.ts";

/**
 * Any 2xx is success. Webhooks have no errors of their own shape, and whatever stands at a wrong address, or holds a wrong
 * key, answers with 400: only 422, and no web page, is taken for a word about the events, which are then looked for one by one.
 */
export function classifyWebhookAnswer(answer: HttpAnswer): Outcome {
  const { status, text, excerpt } = answer;
  if (status >= 200 && status < 300) {
    return { kind: "delivered" };
  }
  if (status === 422 && !/^\s*</.test(text)) {
    return { kind: "rejected", index: null, reason: `status 422: ${excerpt}` };
  }
  return statusOutcome(answer);
}
