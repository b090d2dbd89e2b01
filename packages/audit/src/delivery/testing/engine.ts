import type { AuditDestination } from "../create-destination.ts";
import type { SplunkHec } from "@sark/testkit";
import type { z } from "zod";
import type { DeliverySettings } from "../engine/settings/settings.ts";
import { splunkHecSchema } from "../sinks/splunk-hec/config.ts";
import { createSplunkHecSink } from "../sinks/splunk-hec/splunk-hec-sink.ts";
import { testContext } from "./sinks.ts";

/** Impatient, so that tests need not wait. */
export const TEST_SETTINGS: DeliverySettings = {
  maxEvents: 100,
  maxBytes: 1024 * 1024,
  maxCatchUpEvents: 2_000,
  maxWaitMs: 20,
  maxConcurrency: 4,
  retry: { baseMs: 5, maxMs: 20 },
  breaker: { failures: 5, openMs: 30 },
  probeMs: 60_000,
  checkpointMs: 10,
  configurationRetryMs: 60_000,
  maxRefusalsInRow: 50,
  maxUnsettledEvents: 5_000,
  maxUnsettledBytes: 16 * 1024 * 1024,
  probeIntervalMs: 15_000,
  compression: "gzip",
};

/** A destination that delivers to a fake collector. */
export function splunkDestination(
  hec: { readonly url: string },
  token: string,
  change: Partial<Omit<AuditDestination, "settings">> & {
    readonly settings?: Partial<DeliverySettings>;
    readonly sinkSettings?: Partial<z.input<typeof splunkHecSchema>>;
    readonly requestTimeoutMs?: number;
  } = {},
): AuditDestination {
  const { settings, sinkSettings, requestTimeoutMs = 5_000, ...rest } = change;
  const parsed = splunkHecSchema.parse({
    type: "splunk_hec",
    url: hec.url,
    token: "${TOKEN}",
    acknowledgementPollInterval: "5ms",
    ...sinkSettings,
  });
  const context = testContext({
    destination: rest.name ?? "splunk",
    environment: { TOKEN: token },
    requestTimeoutMs,
  });
  return {
    name: "splunk",
    enabled: true,
    start: { from: "seq", seq: 0 },
    sink: createSplunkHecSink(parsed, context),
    ...rest,
    settings: { ...TEST_SETTINGS, ...settings },
  };
}

/** Numbers of what a collector really indexed, in the order of indexing. */
export function indexedSeqs(hec: SplunkHec): number[] {
  return hec.indexed().map(({ fields }) => Number(fields["seq"]));
}
