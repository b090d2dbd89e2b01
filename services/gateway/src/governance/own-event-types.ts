import { SESSION_BEGIN, SESSION_END } from "./session-events.ts";

/** Type of the events that say who looked at the log. */
export const AUDIT_READ = "audit_read";
/** Type of the events that say who steered deliveries. */
export const SIEM_CONTROL = "siem_control";
/** Type of the events that say who changed a limit. */
export const LIMIT_CONTROL = "limit_control";
/** Type of the events that say who took a gateway out of service, or back. */
export const DRAIN_CONTROL = "drain_control";
/** Type of the events that say who ended another one's session. */
export const SESSION_CONTROL = "session_control";
/** Type of the events that say who changed what is logged. */
export const LOG_CONTROL = "log_control";
/** Type of the events that say who took a profile of a gateway. */
export const PROFILE_CONTROL = "profile_control";
/** Type of the events that say who tried policies, or decisions by them. */
export const POLICY_CONTROL = "policy_control";
/** Type of the events that say who asked for what of the API without the right to, where no other type says it. */
export const ACCESS_DENIED = "access_denied";
/** Type of the events that say how much of a budget is used. */
export const BUDGET_WARNING = "budget_warning";

/** What the gateway says of itself: no caller can have it recorded. */
export const OWN_EVENT_TYPES: readonly string[] = [
  AUDIT_READ,
  SIEM_CONTROL,
  LIMIT_CONTROL,
  DRAIN_CONTROL,
  SESSION_CONTROL,
  POLICY_CONTROL,
  LOG_CONTROL,
  PROFILE_CONTROL,
  ACCESS_DENIED,
  BUDGET_WARNING,
  SESSION_BEGIN,
  SESSION_END,
];
