import { randomUUID } from "node:crypto";
import { jsonObject } from "../../http/response-text.ts";
import { failureResult } from "../../http/failure-result.ts";
import { createHttpClient, type HttpResponse } from "../../http/http-client.ts";
import { learnLimits } from "../../packing/size-limits.ts";
import { readSecret } from "../../secrets/secrets.ts";
import type { DeliveryResult, Sink } from "../../domain/sink.ts";
import type { SinkContext } from "../definition/sink-context.ts";
import { createAcknowledgements, type AckResponse } from "./acknowledgements.ts";
import type { SplunkHecSettings } from "./config.ts";
import { splunkHecEncoder } from "./encoder.ts";
import { checkSplunkHec } from "./health.ts";
import { HEC_LIMITS, prepareSplunkHec, type SplunkHecRequest } from "./request.ts";
import { classifyHecResponse, codeOf } from "./response.ts";

/** Splunk's HTTP Event Collector, with and without indexer acknowledgement. Throws `DeliveryError` on bad settings. */
export function createSplunkHecSink(
  settings: SplunkHecSettings,
  context: SinkContext,
): Sink<SplunkHecRequest> {
  const { acknowledgement } = settings;
  const collector = `${settings.url.replace(/\/+$/, "")}/services/collector`;
  const token = readSecret(settings.token, context.environment);
  const encode = splunkHecEncoder(settings, context);
  const client = createHttpClient({
    tls: settings.tls,
    tlsNotice: context.tlsNotice,
    timeoutMs: context.requestTimeoutMs,
    // One more, so that questions about acknowledgements do not wait behind events.
    maxConnections: context.maxConnections + 1,
    mask: token.mask,
  });
  const limits = learnLimits(HEC_LIMITS);
  const acks = createAcknowledgements({
    ask,
    newChannel: randomUUID,
    pollMs: settings.acknowledgementPollInterval,
    timeoutMs: settings.acknowledgementTimeout,
  });

  function post(path: string, channel: string, body: Buffer | string, signal: AbortSignal, gzip: boolean) {
    const headers = {
      authorization: `Splunk ${token.value()}`,
      "content-type": "application/json",
      "x-splunk-request-channel": channel,
      ...(gzip ? { "content-encoding": "gzip" } : {}),
    };
    return client.exchange({ method: "POST", url: `${collector}${path}`, headers, body }, signal);
  }

  async function ask(channel: string, ackIds: readonly number[], signal: AbortSignal): Promise<AckResponse> {
    try {
      const response = await post("/ack", channel, JSON.stringify({ acks: ackIds }), signal, false);
      return readAckResponse(response);
    } catch {
      // Whether an acknowledgement was lost with the response shows by its time-out.
      return { kind: "failed" };
    }
  }

  function toResult(response: HttpResponse, channel: string, request: SplunkHecRequest): DeliveryResult {
    if (response.status === 413) {
      return limits.tooLarge(request, `status 413: ${response.excerpt}`);
    }
    const result = classifyHecResponse(response, request.events.length);
    if (result.kind === "retry" || result.kind === "maybe_duplicate") {
      acks.changeChannel();
    }
    if (result.kind !== "accepted") {
      return result;
    }
    const { ackId, slowDown } = result;
    if (acknowledgement === "off") {
      return { kind: "delivered", slowDown };
    }
    if (ackId !== null) {
      return { kind: "awaiting", settled: acks.wait(channel, ackId), slowDown };
    }
    if (acknowledgement === "auto") {
      return { kind: "delivered", slowDown };
    }
    return { kind: "configuration", reason: "acknowledgement is required, but the token has it off" };
  }

  return {
    platform: "splunk_hec",
    prepare: (events, now) =>
      prepareSplunkHec(events, encode, { compression: context.compression, limits: limits.current }, now),
    async send(request, signal) {
      const channel = acks.channel();
      try {
        const gzip = context.compression === "gzip";
        const response = await post("/event", channel, request.body, signal, gzip);
        return toResult(response, channel, request);
      } catch (error) {
        acks.changeChannel();
        return failureResult(error);
      }
    },
    check: (signal) => checkSplunkHec(client, collector, signal),
    async close() {
      acks.close();
      await client.close();
    },
  };
}

const CONFIGURATION_CODES = new Set([1, 2, 3, 4, 10, 11, 14, 16]);

function readAckResponse(response: HttpResponse): AckResponse {
  const body = jsonObject(response.text);
  const code = codeOf(body);
  if (code !== null && CONFIGURATION_CODES.has(code)) {
    return { kind: "configuration", reason: `asking for acknowledgements: ${response.excerpt}` };
  }
  const acks = body?.["acks"];
  if (response.status !== 200 || typeof acks !== "object" || acks === null) {
    return { kind: "failed" };
  }
  const acknowledged = Object.entries(acks).flatMap(([id, value]) => (value === true ? [Number(id)] : []));
  return { kind: "responded", acknowledged };
}
