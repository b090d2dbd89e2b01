import { failureResult } from "../../http/failure-result.ts";
import { createHttpClient } from "../../http/http-client.ts";
import { learnLimits } from "../../packing/size-limits.ts";
import { readSecret } from "../../secrets/secrets.ts";
import type { Sink } from "../../domain/sink.ts";
import type { SinkContext } from "../definition/sink-context.ts";
import type { DatadogSettings } from "./config.ts";
import { datadogEncoder } from "./encoder.ts";
import { checkDatadog } from "./health.ts";
import { DATADOG_LIMITS, prepareDatadog, type DatadogRequest } from "./request.ts";
import { classifyDatadogResponse } from "./response.ts";

/** Datadog's log intake, version 2. Throws `DeliveryError` on bad settings. */
export function createDatadogSink(settings: DatadogSettings, context: SinkContext): Sink<DatadogRequest> {
  const base = settings.url ?? `https://http-intake.logs.${settings.site}`;
  const url = `${base.replace(/\/+$/, "")}/api/v2/logs`;
  const apiKey = readSecret(settings.apiKey, context.environment);
  const encode = datadogEncoder(settings, context);
  const limits = learnLimits(DATADOG_LIMITS);
  const client = createHttpClient({
    tls: settings.tls,
    tlsNotice: context.tlsNotice,
    timeoutMs: context.requestTimeoutMs,
    maxConnections: context.maxConnections,
    mask: apiKey.mask,
  });
  return {
    platform: "datadog",
    prepare: (events, now) =>
      prepareDatadog(events, encode, { compression: context.compression, limits: limits.current }, now),
    async send(request, signal) {
      const headers = {
        "dd-api-key": apiKey.value(),
        "content-type": "application/json",
        ...(context.compression === "gzip" ? { "content-encoding": "gzip" } : {}),
      };
      try {
        const response = await client.exchange({ method: "POST", url, headers, body: request.body }, signal);
        return response.status === 413
          ? limits.tooLarge(request, `status 413: ${response.excerpt}`)
          : classifyDatadogResponse(response);
      } catch (error) {
        return failureResult(error);
      }
    },
    check: (signal) => checkDatadog(client, url, apiKey.value(), signal),
    close: () => client.close(),
  };
}
