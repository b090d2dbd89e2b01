import type { UpstreamResponse } from "../../domain/upstream.ts";
import type { OpenCall } from "../calls/call-registry.ts";
import type { Authorized } from "./authorize.ts";
import type { Conversation } from "./conversation.ts";

/** What is to be sent upstream, decided and recorded. */
export interface Outgoing {
  readonly conversation: Conversation;
  readonly batch: boolean;
  readonly calls: readonly OpenCall[];
  readonly notices: readonly (Authorized & { type: "notice" })[];
  /** Answers to what was refused, as JSON text. */
  readonly refusals: readonly string[];
  /** Sends it. Rejects with an `UpstreamError`. */
  send(signal: AbortSignal): Promise<UpstreamResponse>;
}
