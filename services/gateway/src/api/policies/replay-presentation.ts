import type { OpenedPolicySet } from "../../domain/policy-sets.ts";
import type { Change, Replay } from "./replay.ts";
import type { PolicyChangeShown, PolicyReplayShown } from "./replay-responses.ts";

const MAX_REASON = 300;

export function showReplay(
  { engine, revision }: Pick<OpenedPolicySet, "engine" | "revision">,
  { decisions, unchanged, changes, notEvaluable, nextCursor, endedBy }: Replay,
): PolicyReplayShown {
  const shown = changes.map(showChange);
  const denied = shown.filter(({ change }) => change === "allow_to_deny").length;
  const reasons = [...notEvaluable.reasons].map(([reason, count]) => ({ reason, decisions: count }));
  return {
    engine,
    revision,
    decisions,
    unchanged,
    allow_to_deny: denied,
    deny_to_allow: shown.length - denied,
    changes: shown,
    not_evaluable: {
      total: reasons.reduce((sum, one) => sum + one.decisions, 0),
      reasons,
      events: notEvaluable.shown.map(({ id, reason }) => ({ event_id: id, reason })),
    },
    next_cursor: nextCursor,
    ended_by: endedBy,
  };
}

function showChange({ stored: { seq, event }, replayed }: Change): PolicyChangeShown {
  const { metadata, policy } = event;
  return {
    event_id: event.id,
    seq,
    timestamp: event.timestamp,
    change: replayed.allow ? "deny_to_allow" : "allow_to_deny",
    user_id: event.user_id ?? null,
    agent_id: event.agent_id ?? null,
    tenant: event.tenant_id ?? null,
    server: event.server_name ?? null,
    tool: event.tool_name ?? null,
    action: String(metadata["action"]),
    recorded: {
      code: String(metadata["reason_code"]),
      policies: policy?.ids ?? [],
      revision: policy?.revision ?? null,
    },
    replayed: {
      code: replayed.code,
      reason: replayed.reason.slice(0, MAX_REASON),
      policies: [...replayed.policies],
    },
  };
}
