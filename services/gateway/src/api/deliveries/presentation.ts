import { parseJson } from "@sark/audit/json";
import type { DestinationStatus, QuarantinedEvent } from "@sark/audit/delivery";

/**
 * How a destination stands. `written` is the sum of `acknowledged`, `sent`, `quarantined`, `skipped` and `behind`, or
 * `balanced` is false: then events were lost, or counted twice. `awaiting` is a part of `behind`.
 */
export function showDestination(
  status: DestinationStatus,
  { configured, source }: { readonly configured: boolean; readonly source: "audit_log" | "log_files" },
) {
  return {
    name: status.name,
    source,
    platform: status.platform,
    enabled: status.enabled,
    configured,
    state: status.state,
    state_reason: status.stateReason,
    state_since: showTime(status.stateSince),
    next_attempt_at: showTime(status.nextAttemptAt),
    paused:
      status.paused === null ? null : { since: showTime(status.paused.since), reason: status.paused.reason },
    leader: status.leader,
    last_acknowledged_at: showTime(status.lastAcknowledgedAt),
    last_sent_at: showTime(status.lastSentAt),
    first_seq: status.startSeq,
    next_seq: status.cursorSeq,
    written: status.written,
    acknowledged: status.acknowledged,
    sent: status.sent,
    quarantined: status.quarantined,
    skipped: { discarded: status.discarded, purged: status.purged },
    behind: { events: status.behind, seconds: Math.round(status.behindSeconds * 1_000) / 1_000 },
    awaiting: { events: status.awaiting.events, since: showTime(status.awaiting.since) },
    checkpoint_size: status.checkpointSize,
    balanced: status.addsUp,
  };
}

/** A page of a quarantine; each event as the log has it, or its text alone where that is no JSON any more. */
export function showQuarantine(events: readonly QuarantinedEvent[], limit: number) {
  return {
    events: events.map((event) => ({
      seq: event.seq,
      event_id: event.eventId,
      reason: event.reason,
      attempts: event.attempts,
      quarantined_at: event.quarantinedAt.toISOString(),
      replay_requested_at: showTime(event.replayRequestedAt),
      event: readEvent(event.canonical),
    })),
    next_cursor: events.length < limit ? null : String(events.at(-1)?.seq),
  };
}

function readEvent(canonical: string): unknown {
  try {
    return parseJson(canonical, "any");
  } catch {
    return canonical;
  }
}

function showTime(time: Date | null): string | null {
  return time?.toISOString() ?? null;
}
