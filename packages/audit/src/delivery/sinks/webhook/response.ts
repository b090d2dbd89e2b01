import type { HttpResponse } from "../../http/http-client.ts";
import { statusResult } from "../../http/status-result.ts";
import type { DeliveryResult } from "../../domain/sink.ts";

/**
 * Any 2xx is success. Webhooks have no errors of their own shape, and whatever stands at a wrong address, or holds a wrong
 * key, responds with 400: only 422, and no web page, is taken for a word about the events, which are then looked for one by one.
 */
export function classifyWebhookResponse(response: HttpResponse): DeliveryResult {
  const { status, text, excerpt } = response;
  if (status >= 200 && status < 300) {
    return { kind: "delivered" };
  }
  if (status === 422 && !/^\s*</.test(text)) {
    return { kind: "rejected", index: null, reason: `status 422: ${excerpt}` };
  }
  return statusResult(response);
}
