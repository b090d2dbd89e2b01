import type { DestinationSnapshot } from "../engine/delivery.ts";
import type { DestinationStatus } from "../engine/ports/destination-control.ts";
import type { FileLedger } from "./file-ledger.ts";

/** How the shipping of one log stands, in lines, as `DestinationControl` says it of a destination of the audit log. */
export function statusOfLog(
  { name, platform, leading }: DestinationSnapshot,
  { position, reported }: Pick<FileLedger, "position" | "reported">,
  log: { readonly head: number; readonly replica: string },
): DestinationStatus {
  const { next, acknowledged, quarantined, purged, discarded, paused } = position;
  const settled = acknowledged + quarantined + purged + discarded;
  const behind = Math.max(0, log.head - next);
  const since = leading?.backlog.since ?? null;
  const nextAttemptAt = reported?.nextAttemptAt ?? null;
  const awaiting = reported?.awaiting ?? null;
  const lastDeliveredAt = leading?.sent.lastDeliveredAt ?? null;
  return {
    name,
    platform,
    enabled: true,
    startSeq: Math.max(0, next - settled),
    cursorSeq: next,
    written: settled + behind,
    acknowledged,
    sent: 0,
    quarantined,
    discarded,
    purged,
    behind,
    addsUp: next >= settled,
    behindSeconds: since === null ? 0 : Math.max(0, (Date.now() - Date.parse(since)) / 1_000),
    paused: paused === null ? null : { since: new Date(paused.since), reason: paused.reason },
    leader: leading === null ? null : log.replica,
    state: reported?.state ?? null,
    stateReason: reported?.reason ?? null,
    stateSince: leading === null ? null : new Date(leading.circuit.since),
    nextAttemptAt: nextAttemptAt === null ? null : new Date(nextAttemptAt),
    awaiting: { events: awaiting?.events ?? 0, since: awaiting === null ? null : new Date(awaiting.since) },
    lastAcknowledgedAt: lastDeliveredAt === null ? null : new Date(lastDeliveredAt),
    lastSentAt: null,
    checkpointSize: 0,
  };
}
