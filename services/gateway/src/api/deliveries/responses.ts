import { z } from "zod";

const time = z.string().nullable();
const count = z.number().int();

/** How a destination stands; command lines read it, too. Newer gateways may say more. */
export const destination = z
  .object({
    name: z.string(),
    source: z.string().describe("`audit_log`, or `log_files`: lines of this replica's own logs"),
    platform: z.string().nullable(),
    enabled: z.boolean(),
    configured: z.boolean().describe("Whether a destination of this replica's configuration"),
    state: z.string().nullable(),
    state_reason: z.string().nullable(),
    state_since: time,
    next_attempt_at: time,
    paused: z.object({ since: time, reason: z.string() }).nullable(),
    leader: z.string().nullable().describe("The replica that delivers to it"),
    last_acknowledged_at: time,
    last_sent_at: time,
    first_seq: count,
    next_seq: count,
    written: count.describe("Events that it is to have"),
    acknowledged: count,
    sent: count.describe("To a receiver that cannot acknowledge"),
    quarantined: count,
    skipped: z.object({ discarded: count, purged: count }),
    behind: z.object({ events: count, seconds: z.number() }),
    awaiting: z
      .object({ events: count, since: time })
      .describe("A part of `behind`: sent, not yet acknowledged"),
    checkpoint_size: count.nullable(),
    balanced: z
      .boolean()
      .describe("Whether `written` is the sum of acknowledged, sent, quarantined, skipped and behind"),
  })
  .meta({ id: "Destination" });
export type Destination = z.output<typeof destination>;

export const destinations = z
  .object({
    balanced: z.boolean().describe("Whether every destination is"),
    destinations: z.array(destination),
  })
  .meta({ id: "Destinations" });

export const flushed = z
  .object({
    settled: z.boolean().describe("Whether all that was recorded before has arrived"),
    destination,
  })
  .meta({ id: "Flushed" });

export const flushedAll = z
  .object({ settled: z.boolean(), destinations: z.array(flushed) })
  .meta({ id: "FlushedAll" });

export const replaying = z
  .object({
    replaying: count.describe("Events that are marked to be sent again"),
    destination: destination
      .nullable()
      .describe("How it stands; `null` for callers that are bound to a tenant"),
  })
  .meta({ id: "Replaying" });

export const discarded = z.object({ discarded: count }).meta({ id: "Discarded" });

export const quarantinedEvent = z
  .object({
    seq: count,
    event_id: z.string(),
    reason: z.string().describe("Why it was refused last"),
    attempts: count,
    quarantined_at: z.string(),
    replay_requested_at: time,
    event: z.unknown().describe("As the log has it; its text alone where that is no JSON any more"),
  })
  .meta({ id: "QuarantinedEvent" });
export type Quarantined = z.output<typeof quarantinedEvent>;

export const quarantinePage = z
  .object({ events: z.array(quarantinedEvent), next_cursor: time })
  .meta({ id: "QuarantinePage" });
