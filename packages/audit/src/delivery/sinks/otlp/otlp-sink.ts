import { readExtraHeaders } from "../../http/extra-headers.ts";
import { failureResult } from "../../http/failure-result.ts";
import { createHttpClient } from "../../http/http-client.ts";
import { learnLimits } from "../../packing/size-limits.ts";
import type { Sink } from "../../domain/sink.ts";
import type { SinkContext } from "../definition/sink-context.ts";
import type { OtlpSettings } from "./config.ts";
import { checkOtlp } from "./health.ts";
import { OTLP_LIMITS, prepareOtlp, type OtlpRequest } from "./request.ts";
import { classifyOtlpResponse } from "./response.ts";

/** OTLP logs over HTTP, JSON encoding. Throws `DeliveryError` on bad settings. */
export function createOtlpSink(settings: OtlpSettings, context: SinkContext): Sink<OtlpRequest> {
  const { format, compression } = context;
  const url = `${settings.url.replace(/\/+$/, "")}/v1/logs`;
  const extra = readExtraHeaders(settings.headers, context.environment);
  const resource = JSON.stringify({
    attributes: [
      { key: "service.name", value: { stringValue: settings.service ?? context.product.service } },
      { key: "host.name", value: { stringValue: context.host } },
    ],
  });
  const limits = learnLimits(OTLP_LIMITS);
  const client = createHttpClient({
    tls: settings.tls,
    tlsNotice: context.tlsNotice,
    timeoutMs: context.requestTimeoutMs,
    maxConnections: context.maxConnections,
    mask: extra.mask,
  });
  const headers = () => ({ ...extra.values(), "content-type": "application/json" });
  return {
    platform: "otlp",
    prepare: (events) => prepareOtlp(events, { format, compression, resource, limits: limits.current }),
    async send(prepared, signal) {
      const encoding: Record<string, string> = compression === "gzip" ? { "content-encoding": "gzip" } : {};
      try {
        const request = {
          method: "POST",
          url,
          headers: { ...headers(), ...encoding },
          body: prepared.body,
        } as const;
        const response = await client.exchange(request, signal);
        return response.status === 413
          ? limits.tooLarge(prepared, `status 413: ${response.excerpt}`)
          : classifyOtlpResponse(response);
      } catch (error) {
        return failureResult(error);
      }
    },
    check: (signal) => checkOtlp(client, url, signal),
    close: () => client.close(),
  };
}
