import type { Readable } from "node:stream";
import type { Caller } from "./governance.ts";

/** A request of a client, as it is passed on to the replica that holds its session. */
export interface ForwardedRequest {
  readonly method: string;
  /** Lower-case names; those that its protocol gives a meaning. No credentials. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | null;
  readonly server: string;
  readonly caller: Caller;
  /** Ends it. */
  readonly signal: AbortSignal;
}

export interface ForwardedResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readable;
}

/**
 * Why there is no response of the replica. `lost`: it has ended, and its sessions with it. `unreachable`: it was not reached, and may
 * be later. `not_offered`: it cannot be reached from here. `broken`: it was reached, and whether it did anything is not known.
 */
export const FORWARD_FAILURES = ["lost", "unreachable", "not_offered", "broken"] as const;
export type ForwardFailure = (typeof FORWARD_FAILURES)[number];

/** Passes requests on between replicas. Governance is the receiver's: this side has authenticated the caller, and decides nothing. */
export interface Forwarding {
  /** The replica that holds the session of a process; `null` where it is this one, or where the id names none. */
  holderOf(upstreamId: string): string | null;
  /** Rejects only when `signal` is aborted. */
  forward(holder: string, request: ForwardedRequest): Promise<ForwardedResponse | ForwardFailure>;
}

const SEPARATOR = "~";

/** Ids of sessions whose process a replica holds begin with its name. */
export function heldId(replica: string, id: string): string {
  return `${replica}${SEPARATOR}${id}`;
}

export function holderIn(id: string): string | null {
  const at = id.indexOf(SEPARATOR);
  return at <= 0 ? null : id.slice(0, at);
}
