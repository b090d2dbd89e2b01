import type { CallScope } from "../../calls/call-registry.ts";

/** Where the ids of a session's JSON-RPC requests must differ. */
export function sessionScope(server: string, fingerprint: string): CallScope {
  // The fingerprint is of the principal, too: servers have been seen to give one session id to several clients.
  return { key: JSON.stringify(["session", server, fingerprint]), exclusive: true };
}
