import { createHmac, timingSafeEqual } from "node:crypto";
import type { Principal } from "../../domain/principal.ts";

/** A session as the gateway knows it after its id was checked. */
export interface BoundSession {
  /** What the upstream server calls it. */
  readonly upstreamId: string;
  /** Names the session in logs and records; worth nothing as a credential, here or upstream. */
  readonly fingerprint: string;
}

/** Ties session ids to the caller and the server they were given to, without remembering any. */
export interface SessionBinding {
  /** The id to give to the client, or `null` when the upstream's own is unusable. */
  bind(server: string, principal: Principal, upstreamId: string): string | null;
  /** What names the session in logs and records, as `BoundSession` has it. */
  fingerprint(server: string, principal: Principal, upstreamId: string): string;
  /** The session behind a client's id; `null` when it was not given to this caller for this server. */
  resolve(server: string, principal: Principal, clientId: string): BoundSession | null;
}

/** Visible ASCII, as MCP demands of session ids; the length keeps the header far below what servers accept. */
const UPSTREAM_ID = /^[\x21-\x7e]{1,1024}$/;
const MAC_BYTES = 16;

/** `sessionKey`: at least 32 secret bytes, the same on every replica; a new key ends all sessions. */
export function createSessionBinding(sessionKey: Buffer): SessionBinding {
  if (sessionKey.length < 32) {
    throw new RangeError("The session key must have at least 32 bytes.");
  }

  function mac(server: string, { type, id, tenant }: Principal, upstreamId: string): Buffer {
    const text = JSON.stringify(["mcp-session", server, type, id, tenant, upstreamId]);
    return createHmac("sha256", sessionKey).update(text).digest().subarray(0, MAC_BYTES);
  }

  function fingerprint(server: string, principal: Principal, upstreamId: string): string {
    return mac(server, principal, upstreamId).toString("base64url");
  }

  return {
    bind(server, principal, upstreamId) {
      if (!UPSTREAM_ID.test(upstreamId)) {
        return null;
      }
      return `${upstreamId}.${fingerprint(server, principal, upstreamId)}`;
    },
    fingerprint,
    resolve(server, principal, clientId) {
      const dot = clientId.lastIndexOf(".");
      const upstreamId = clientId.slice(0, Math.max(dot, 0));
      if (!UPSTREAM_ID.test(upstreamId)) {
        return null;
      }
      const fingerprint = clientId.slice(dot + 1);
      const given = Buffer.from(fingerprint, "base64url");
      // Decoding is lenient; only the canonical spelling of the code is accepted, so a session has one id.
      if (given.length !== MAC_BYTES || given.toString("base64url") !== fingerprint) {
        return null;
      }
      return timingSafeEqual(given, mac(server, principal, upstreamId)) ? { upstreamId, fingerprint } : null;
    },
  };
}
