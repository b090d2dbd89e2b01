/**
 * What a request of MCP is to a gateway that drains: it begins a session, it is a stream without an end, it ends a session,
 * or it is a call.
 */
export type RequestKind = "session" | "stream" | "end" | "call";

/** One request while it is served. */
export interface Presence {
  /** Called once, when the gateway waits for it no longer; at once where that is so already. Takes the place of the one before. */
  onEnd(listener: () => void): void;
  /** It is over. */
  leave(): void;
}

/** Which requests of MCP the gateway takes, and for which it waits. */
export interface Service {
  /** `null` where the gateway drains and takes none of this kind. */
  enter(kind: RequestKind): Presence | null;
}
