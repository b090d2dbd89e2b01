import type { JsonRpcMessage } from "../../domain/json-rpc.ts";

/**
 * What a server may know of a session from what it was sent: `none` beyond its beginning, `calls` that it may have kept something
 * of, or `settings` that the protocol itself keeps, such as subscriptions.
 */
export const SESSION_USES = ["none", "calls", "settings"] as const;
export type SessionUse = (typeof SESSION_USES)[number];

/** They ask, and leave nothing behind. */
const ASKING: ReadonlySet<string> = new Set([
  "initialize",
  "ping",
  "tools/list",
  "prompts/list",
  "prompts/get",
  "resources/list",
  "resources/templates/list",
  "resources/read",
  "completion/complete",
  "notifications/initialized",
  "notifications/cancelled",
  "notifications/progress",
]);

/** What a renewed session would not have, and its client counts on. */
const SETTING: ReadonlySet<string> = new Set([
  "resources/subscribe",
  "resources/unsubscribe",
  "logging/setLevel",
]);

export function useOf(message: JsonRpcMessage): SessionUse {
  // The response to a request of the server belongs to something that it does.
  const method = "method" in message ? message.method : null;
  if (method !== null && ASKING.has(method)) {
    return "none";
  }
  return method !== null && SETTING.has(method) ? "settings" : "calls";
}

export function isMore(one: SessionUse, other: SessionUse): boolean {
  return SESSION_USES.indexOf(one) > SESSION_USES.indexOf(other);
}

export function moreOf(one: SessionUse, other: SessionUse): SessionUse {
  return isMore(one, other) ? one : other;
}
