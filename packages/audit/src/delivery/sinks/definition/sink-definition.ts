import type { z } from "zod";
import type { DeliverableEvent } from "../../audit-events/deliverable-event.ts";
import type { Compression } from "../../domain/compression.ts";
import type { DeliveryErrorCode } from "../../domain/errors.ts";
import type { PreparedRequest, Sink } from "../../domain/sink.ts";
import type { SinkContext } from "./sink-context.ts";

/** A sink that takes events of the audit log. */
export type AuditSink = Sink<PreparedRequest<DeliverableEvent>>;

/** Settings of a sink: an object whose `type` is the sink's own. */
type SettingsSchema<T extends string> = z.ZodObject<{ readonly type: z.ZodLiteral<T> } & z.ZodRawShape>;

/** Most of one request, and of one event in it. `null`: the protocol has no such limit, or the settings have it. */
export interface SinkLimits {
  readonly requestBytes: number | null;
  readonly eventBytes: number | null;
  readonly requestEvents: number | null;
}

/** Where a receiver is, and whether the connection to it is encrypted. */
export interface ReceiverAddress {
  readonly host: string;
  readonly encrypted: boolean;
}

/**
 * All that the rest of the code and the documentation must know of a kind of receiver. Settings, creation, metric labels,
 * the page `docs/reference/sinks.md` and tests derive from it.
 */
export interface SinkDefinition<T extends string, S extends SettingsSchema<T>> {
  /** `sink.type` of the settings, and `platform` in metrics and status. */
  readonly type: T;
  /** What it delivers to, for people. */
  readonly receiver: string;
  /** Where the receiver's maker describes the protocol. */
  readonly documentation: string;
  readonly settings: S;
  /** Settings that are complete, for the documentation and for tests; secrets are in the environment variable `SECRET`. */
  readonly example: z.input<S>;
  /** Throws `DeliveryError` with one of `errorCodes` on settings that cannot be used. */
  create(settings: z.output<S>, context: SinkContext): AuditSink;
  readonly errorCodes: readonly DeliveryErrorCode[];
  /** Without a setting, the first one. */
  readonly compressions: readonly [Compression, ...Compression[]];
  /** Most requests under way at a time, whatever the settings say; `null` where they decide. */
  readonly maxConcurrency: number | null;
  readonly limits: SinkLimits;
  /** What becomes of events whose time the receiver does not take. */
  readonly timeWindow: string;
  /** Whether events count as acknowledged, or as sent because the protocol tells no more. */
  readonly settlesAs: "acknowledged" | "sent";
  /** What shows that events arrived. */
  readonly acknowledgement: string;
  /** What counts as the receiver's own word against an event, which then goes into quarantine. */
  readonly refusal: string;
  /** What a health check does. */
  readonly probe: string;
  /** `null` where the maker's own address is used. */
  address(settings: z.output<S>): ReceiverAddress | null;
}

/** Checks the types of a definition. */
export function defineSink<const T extends string, S extends SettingsSchema<T>>(
  definition: SinkDefinition<T, S>,
): SinkDefinition<T, S> {
  return Object.freeze(definition);
}
