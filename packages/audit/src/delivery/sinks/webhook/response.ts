import type { HttpAnswer } from "../../http/http-client.ts";
import { statusOutcome } from "../../http/status-outcome.ts";
import type { Outcome } from "../../sink.ts";

/** Any 2xx is success; what is refused as a whole (400, 413, 422) is looked for event by event. */
export function classifyWebhookAnswer(answer: HttpAnswer): Outcome {
  return answer.status >= 200 && answer.status < 300 ? { kind: "delivered" } : statusOutcome(answer);
}
