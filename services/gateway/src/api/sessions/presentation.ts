import type { Caller } from "../../domain/governance.ts";
import type { ClientClaim, SessionKind } from "../../domain/sessions.ts";
import type { ShownSession } from "./responses.ts";

/** A session of the registry, as far as it is shown. */
export interface ListedSession {
  readonly number: number;
  readonly fingerprint: string;
  readonly kind: SessionKind;
  readonly server: string;
  readonly transport: "tcp" | "pipe";
  readonly createdAt: number;
  readonly caller: Caller;
  readonly protocolVersion: string | null;
  readonly client: ClientClaim | null;
  readonly lastActivityAt: number;
  readonly calls: number;
  /** That used it last; `null` where nothing is shared. */
  readonly replica: string | null;
  readonly running: { readonly calls: number; readonly streams: number };
}

export function showSession(session: ListedSession, expiresAt: number): ShownSession {
  const { principal } = session.caller;
  return {
    fingerprint: session.fingerprint,
    kind: session.kind,
    server: session.server,
    principal: principal.id,
    principal_type: principal.type,
    actor: principal.actor,
    tenant: principal.tenant,
    protocol_version: session.protocolVersion,
    transport: session.transport === "tcp" ? "http" : "stdio",
    client: session.client,
    replica: session.replica?.split("/")[0] ?? null,
    created_at: timeOf(session.createdAt),
    last_activity_at: timeOf(session.lastActivityAt),
    expires_at: session.kind === "session" ? timeOf(expiresAt) : null,
    calls: session.calls,
    calls_running: session.running.calls,
    streams_open: session.running.streams,
  };
}

function timeOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
