import type { McpCall } from "../../domain/governance.ts";

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
  /** Stateless revisions have it no more: without its parameter it asks for nothing there, and the server says so. */
  readonly removed?: true;
  /** Servers respond to it without progress, and without a request of their own to the client. */
  readonly alone?: true;
  /** Opens a stream that lasts until one side ends it. */
  readonly lasts?: true;
}

export const METHODS: ReadonlyMap<string, MethodRule> = new Map<string, MethodRule>([
  ["tools/call", { kind: "tool", target: "name", withArguments: true }],
  ["prompts/get", { kind: "prompt", target: "name", withArguments: true }],
  ["resources/read", { kind: "resource", target: "uri" }],
  ["resources/subscribe", { kind: "resource", target: "uri", removed: true, alone: true }],
  // Who lost the right to a resource may still leave it.
  ["resources/unsubscribe", { kind: "session", target: "uri", removed: true, alone: true }],
  ["tools/list", { kind: "listing", alone: true }],
  ["resources/list", { kind: "listing", alone: true }],
  ["resources/templates/list", { kind: "listing", alone: true }],
  ["prompts/list", { kind: "listing", alone: true }],
  ["tasks/get", { kind: "other", target: "taskId" }],
  ["tasks/result", { kind: "other", target: "taskId" }],
  ["tasks/update", { kind: "other", target: "taskId" }],
  ["tasks/cancel", { kind: "other", target: "taskId" }],
  ["tasks/list", { kind: "other" }],
  ["initialize", { kind: "session", alone: true }],
  ["ping", { kind: "session", alone: true }],
  ["logging/setLevel", { kind: "session", alone: true }],
  ["server/discover", { kind: "session" }],
  // These two name what they are about elsewhere in their parameters.
  ["completion/complete", { kind: "other", alone: true }],
  ["subscriptions/listen", { kind: "session", lasts: true }],
]);

/** Whether the response to a method is a stream that lasts. */
export function opensStream(method: string): boolean {
  return METHODS.get(method)?.lasts === true;
}

/** Whether nothing comes before the response to a method. */
export function hasResponseAlone(method: string): boolean {
  return METHODS.get(method)?.alone === true;
}

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

/** The parameter that `Mcp-Name` repeats, by method. */
export const NAME_HEADER_SOURCE: ReadonlyMap<string, "name" | "uri" | "taskId"> = new Map([
  ["tools/call", "name"],
  ["prompts/get", "name"],
  ["resources/read", "uri"],
  ["tasks/get", "taskId"],
  ["tasks/update", "taskId"],
  ["tasks/cancel", "taskId"],
] as const);
