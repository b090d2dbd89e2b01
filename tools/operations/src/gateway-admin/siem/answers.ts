import { z } from "zod";

const time = z.string().nullable();

/** What the gateway answers under `/api/v1/siem`; newer ones may say more. */
export const destinationAnswer = z.object({
  name: z.string(),
  /** `audit_log`, or `log_files`: lines of this replica's own logs. */
  source: z.string(),
  platform: z.string().nullable(),
  enabled: z.boolean(),
  configured: z.boolean(),
  state: z.string().nullable(),
  state_reason: z.string().nullable(),
  next_attempt_at: time,
  paused: z.object({ since: time, reason: z.string() }).nullable(),
  written: z.number(),
  acknowledged: z.number(),
  sent: z.number(),
  quarantined: z.number(),
  skipped: z.object({ discarded: z.number(), purged: z.number() }),
  behind: z.object({ events: z.number(), seconds: z.number() }),
  awaiting: z.object({ events: z.number(), since: time }),
  balanced: z.boolean(),
});
export type DestinationAnswer = z.output<typeof destinationAnswer>;

export const destinationsAnswer = z.object({ destinations: z.array(destinationAnswer) });

export const flushAnswer = z.object({ settled: z.boolean(), destination: destinationAnswer });
export const flushAllAnswer = z.object({ settled: z.boolean(), destinations: z.array(flushAnswer) });

export const replayAnswer = z.object({ replaying: z.number(), destination: destinationAnswer });

export const quarantineAnswer = z.object({
  events: z.array(
    z.object({
      seq: z.number(),
      event_id: z.string(),
      reason: z.string(),
      attempts: z.number(),
      quarantined_at: z.string(),
      replay_requested_at: time,
      event: z.unknown(),
    }),
  ),
  next_cursor: time,
});
export type QuarantinedAnswer = z.output<typeof quarantineAnswer>["events"][number];
