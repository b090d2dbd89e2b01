import { failureOutcome } from "../../http/failure-outcome.ts";
import { createHttpClient } from "../../http/http-client.ts";
import { learnLimits } from "../../packing/size-limits.ts";
import { readSecret } from "../../secrets/secrets.ts";
import type { Sink } from "../../domain/sink.ts";
import type { SinkContext } from "../definition/sink-context.ts";
import type { DatadogSettings } from "./config.ts";
import { datadogEncoder } from "./encoder.ts";
import { checkDatadog } from "./health.ts";
import { DATADOG_LIMITS, prepareDatadog, type DatadogRequest } from "./request.ts";
import { classifyDatadogAnswer } from "./response.ts";

/** Datadog's log intake, version 2. Throws `DeliveryError` on bad settings. */
export function createDatadogSink(settings: DatadogSettings, context: SinkContext): Sink<DatadogRequest> {
  const base = settings.url ?? `https://http-intake.logs.${settings.site}`;
  const url = `${base.replace(/\/+$/, "")}/api/v2/logs`;
  const apiKey = readSecret(settings.apiKey, context.environment);
  const encode = datadogEncoder(settings, context.format, context.host);
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
        const answer = await client.exchange({ method: "POST", url, headers, body: request.body }, signal);
        return answer.status === 413
          ? limits.tooLarge(request, `status 413: ${answer.excerpt}`)
          : classifyDatadogAnswer(answer);
      } catch (error) {
        return failureOutcome(error);
      }
    },
    check: (signal) => checkDatadog(client, url, apiKey.value(), signal),
    close: () => client.close(),
  };
}
