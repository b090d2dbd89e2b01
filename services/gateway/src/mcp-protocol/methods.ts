import type { McpCall } from "../domain/governance.ts";

type Kind = McpCall["kind"];

/**
 * What each request method asks for, and which parameter names it. The governed kinds need a target;
 * `session` and `listing` are about the server itself. A method that is not here is of kind `other`.
 */
interface MethodRule {
  readonly kind: Kind;
  /** The parameter that names the target. */
  readonly target?: "name" | "uri" | "taskId";
  /** `params.arguments` is part of what is decided about. */
  readonly withArguments?: true;
  /** 2026-07-28 removed it: without its parameter it asks for nothing there, and the server says so. */
  readonly removed?: true;
}

export const METHODS: ReadonlyMap<string, MethodRule> = new Map<string, MethodRule>([
  ["tools/call", { kind: "tool", target: "name", withArguments: true }],
  ["prompts/get", { kind: "prompt", target: "name", withArguments: true }],
  ["resources/read", { kind: "resource", target: "uri" }],
  ["resources/subscribe", { kind: "resource", target: "uri", removed: true }],
  // Whoever lost the right to a resource may still leave it.
  ["resources/unsubscribe", { kind: "session", target: "uri", removed: true }],
  ["tools/list", { kind: "listing" }],
  ["resources/list", { kind: "listing" }],
  ["resources/templates/list", { kind: "listing" }],
  ["prompts/list", { kind: "listing" }],
  ["tasks/get", { kind: "other", target: "taskId" }],
  ["tasks/result", { kind: "other", target: "taskId" }],
  ["tasks/update", { kind: "other", target: "taskId" }],
  ["tasks/cancel", { kind: "other", target: "taskId" }],
  ["tasks/list", { kind: "other" }],
  ["initialize", { kind: "session" }],
  ["ping", { kind: "session" }],
  ["logging/setLevel", { kind: "session" }],
  ["server/discover", { kind: "session" }],
  // These two name what they are about elsewhere; `request/subjects.ts` looks there.
  ["completion/complete", { kind: "other" }],
  ["subscriptions/listen", { kind: "session" }],
]);

/** Notifications that belong to the protocol itself; any other is of kind `other`. */
export const CLIENT_NOTIFICATIONS: ReadonlySet<string> = new Set([
  "notifications/initialized",
  "notifications/cancelled",
  "notifications/progress",
  "notifications/roots/list_changed",
  "notifications/tasks/status",
]);

/** Methods in the governor's eyes for what is no JSON-RPC request. */
export const PSEUDO_METHODS = {
  /** GET: opens or resumes the session's stream. */
  openStream: "session/stream",
  /** DELETE: ends the session. */
  endSession: "session/delete",
  /** A POSTed response to a request of the server. */
  response: "session/response",
} as const;

/** The list in a listing's result, and the member that names an entry. */
export interface ListingRule {
  readonly list: string;
  readonly name: "name" | "uri" | "uriTemplate";
  readonly kind: "tool" | "resource" | "prompt";
}

export const LISTINGS: ReadonlyMap<string, ListingRule> = new Map<string, ListingRule>([
  ["tools/list", { list: "tools", name: "name", kind: "tool" }],
  ["resources/list", { list: "resources", name: "uri", kind: "resource" }],
  ["resources/templates/list", { list: "resourceTemplates", name: "uriTemplate", kind: "resource" }],
  ["prompts/list", { list: "prompts", name: "name", kind: "prompt" }],
]);

/** The parameter that `Mcp-Name` repeats, by method (2026-07-28). */
export const NAME_HEADER_SOURCE: ReadonlyMap<string, "name" | "uri" | "taskId"> = new Map([
  ["tools/call", "name"],
  ["prompts/get", "name"],
  ["resources/read", "uri"],
  ["tasks/get", "taskId"],
  ["tasks/update", "taskId"],
  ["tasks/cancel", "taskId"],
] as const);
