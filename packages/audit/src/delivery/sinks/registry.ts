import { z } from "zod";
import { cloudWatch } from "./cloudwatch/definition.ts";
import { datadog } from "./datadog/definition.ts";
import type { SinkContext } from "./definition/sink-context.ts";
import type { AuditSink, ReceiverAddress } from "./definition/sink-definition.ts";
import { otlp } from "./otlp/definition.ts";
import { splunkHec } from "./splunk-hec/definition.ts";
import { syslog } from "./syslog/definition.ts";
import { webhook } from "./webhook/definition.ts";

/** Every kind of receiver that there is a sink for. To add one: its folder, with a `definition.ts`, and its name here. */
export const SINKS = [splunkHec, datadog, cloudWatch, syslog, otlp, webhook] as const;

type AnySink = (typeof SINKS)[number];

/** `sink.type` of the settings, and `platform` in metrics. */
export type Platform = AnySink["type"];
export const PLATFORMS: readonly Platform[] = SINKS.map(({ type }) => type);

type SettingsOf<D extends readonly { readonly settings: z.ZodObject }[]> = {
  readonly [K in keyof D]: D[K]["settings"];
};

/** Settings of a sink, by their `type`. */
export const sinkSchema = z
  .discriminatedUnion("type", SINKS.map(({ settings }) => settings) as unknown as SettingsOf<typeof SINKS>)
  .describe("The receiver itself, by its `type`.");
export type SinkSettings = z.output<typeof sinkSchema>;

/** The definition of a sink of that type. */
export function sinkDefinition(type: Platform): AnySink {
  const found = SINKS.find((definition) => definition.type === type);
  if (found === undefined) {
    throw new TypeError(`There is no sink of type ${type}`);
  }
  return found;
}

/** Makes the sink of these settings. Throws `DeliveryError` on those that cannot be used. */
export function createSink(settings: SinkSettings, context: SinkContext): AuditSink {
  // Of this very type, as the schema saw: the compiler cannot join the two unions.
  return sinkDefinition(settings.type).create(settings as never, context);
}

/** Where the receiver of these settings is; `null` for the maker's own address. */
export function receiverAddress(settings: SinkSettings): ReceiverAddress | null {
  return sinkDefinition(settings.type).address(settings as never);
}
