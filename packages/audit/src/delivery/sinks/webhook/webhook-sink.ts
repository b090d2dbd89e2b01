import { hash } from "node:crypto";
import { readExtraHeaders } from "../../http/extra-headers.ts";
import { failureResult } from "../../http/failure-result.ts";
import { createHttpClient } from "../../http/http-client.ts";
import { learnLimits } from "../../packing/size-limits.ts";
import { readSecret } from "../../secrets/secrets.ts";
import type { Sink } from "../../domain/sink.ts";
import type { SinkContext } from "../definition/sink-context.ts";
import type { WebhookSettings } from "./config.ts";
import { checkWebhook } from "./health.ts";
import { prepareWebhook, WEBHOOK_LIMITS, type WebhookRequest } from "./request.ts";
import { classifyWebhookResponse } from "./response.ts";
import { signWebhook } from "./signature.ts";

/** Of the hash of the events' ids: 96 bits. */
const ID_CHARACTERS = 16;

/** Signed POST requests to any address. Throws `DeliveryError` on bad settings. */
export function createWebhookSink(settings: WebhookSettings, context: SinkContext): Sink<WebhookRequest> {
  const { url } = settings;
  const secret = readSecret(settings.secret, context.environment);
  const extra = readExtraHeaders(settings.headers, context.environment);
  const contentType = context.format.structured ? "application/json" : "text/plain; charset=utf-8";
  const limits = learnLimits(WEBHOOK_LIMITS);
  const client = createHttpClient({
    tls: settings.tls,
    tlsNotice: context.tlsNotice,
    timeoutMs: context.requestTimeoutMs,
    maxConnections: context.maxConnections,
    mask: (text) => extra.mask(secret.mask(text)),
  });

  /**
   * The same for the same events, so that a receiver can tell a repetition, and for no others: another gateway's log has the same
   * numbers, and what has the id of another request is dropped.
   */
  function idOf({ events }: WebhookRequest): string {
    const ids = hash("sha256", events.map(({ id }) => id).join(), "base64url").slice(0, ID_CHARACTERS);
    return `${context.destination}-${events[0]?.seq ?? ""}-${events.at(-1)?.seq ?? ""}-${ids}`;
  }

  return {
    platform: "webhook",
    prepare: (events) =>
      prepareWebhook(events, context.format, { compression: context.compression, limits: limits.current }),
    async send(request, signal) {
      try {
        const headers = {
          ...extra.values(),
          "content-type": contentType,
          ...(context.compression === "gzip" ? { "content-encoding": "gzip" } : {}),
          ...signWebhook(secret.value(), idOf(request), Date.now(), request.content),
        };
        const response = await client.exchange({ method: "POST", url, headers, body: request.body }, signal);
        return response.status === 413
          ? limits.tooLarge(request, `status 413: ${response.excerpt}`)
          : classifyWebhookResponse(response);
      } catch (error) {
        return failureResult(error);
      }
    },
    check: (signal) => checkWebhook(client, url, signal),
    close: () => client.close(),
  };
}
