import { createHmac, createSecretKey, hash, timingSafeEqual } from "node:crypto";
import type { Principal } from "../../domain/principal.ts";
import { keepByPrincipal } from "./kept-by-principal.ts";

/** A session as the gateway knows it after its id was checked. */
export interface BoundSession {
  /** What the upstream server calls it. */
  readonly upstreamId: string;
  /** Names the session in logs and records; worth nothing as a credential, here or upstream. */
  readonly fingerprint: string;
  /** When its id was given out, in milliseconds since the epoch. */
  readonly createdAt: number;
}

/** Ties session ids, and ids of events in them, to the caller and the server they were given to, without remembering any. */
export interface SessionBinding {
  /** The id to give to the client from `createdAt` on, or `null` when the upstream's own is unusable. */
  bind(server: string, principal: Principal, upstreamId: string, createdAt: number): string | null;
  /** What names the session in logs and records, as `BoundSession` has it. */
  fingerprint(server: string, principal: Principal, upstreamId: string): string;
  /** The same of what a principal does at a server without a session. */
  activity(server: string, principal: Principal): string;
  /** The session behind a client's id; `null` when it was not given to this caller for this server. */
  resolve(server: string, principal: Principal, clientId: string): BoundSession | null;
  /** The id to give to the client for an event of its session (`null`: of no session, or of one that begins with it). */
  bindEvent(server: string, principal: Principal, session: string | null, eventId: string): string;
  /** What the server calls the event; `null` when its id was not given to this caller in this session. */
  resolveEvent(server: string, principal: Principal, session: string | null, clientId: string): string | null;
}

/** Visible ASCII, as MCP demands of session ids; the length keeps the header far below what servers accept. */
const UPSTREAM_ID = /^[\x21-\x7e]{1,1024}$/;
/** Seconds since the epoch, to base 36, in the one way in which they are written. */
const TIME = /^[1-9a-z][0-9a-z]{0,8}$/;
const MAC_BYTES = 16;

/**
 * Ids are `<upstream id>.<time>.<code>`. The time is part of what the code proves, so that no replica and no restart makes
 * a session last longer than it may. `sessionKey`: at least 32 secret bytes, the same on every replica; a new key
 * ends all sessions.
 */
export function createSessionBinding(sessionKey: Buffer): SessionBinding {
  if (sessionKey.length < 32) {
    throw new RangeError("The session key must have at least 32 bytes.");
  }

  /** Made once: Node takes several times as long over a key that comes as bytes with each call. */
  const key = createSecretKey(sessionKey);

  function mac(purpose: string, server: string, { type, id, tenant }: Principal, ...rest: string[]): Buffer {
    const text = JSON.stringify([purpose, server, type, id, tenant, ...rest]);
    return createHmac("sha256", key).update(text).digest().subarray(0, MAC_BYTES);
  }

  const eventMac = (server: string, principal: Principal, session: string | null, eventId: string) =>
    mac("mcp-event-id", server, principal, session ?? "", eventId).toString("base64url");

  /** Of sessions that their code was found right of, and of what callers do without one. */
  const names = keepByPrincipal<string>();
  /** Those themselves, by digest, as ids are not to be looked up by their text: the check costs more than all else about a session. */
  const found = keepByPrincipal<BoundSession | null>();

  function fingerprint(server: string, principal: Principal, upstreamId: string): string {
    return names.of(principal, JSON.stringify([server, upstreamId]), () =>
      mac("mcp-session", server, principal, upstreamId).toString("base64url"),
    );
  }

  function check(server: string, principal: Principal, clientId: string): BoundSession | null {
    const parts = partsOf(clientId);
    if (parts === null) {
      return null;
    }
    const { upstreamId, time, code } = parts;
    const given = Buffer.from(code, "base64url");
    // Decoding is lenient; only the canonical spelling of the code is accepted, so a session has one id.
    if (given.length !== MAC_BYTES || given.toString("base64url") !== code) {
      return null;
    }
    if (!timingSafeEqual(given, mac("mcp-session-id", server, principal, upstreamId, time))) {
      return null;
    }
    return {
      upstreamId,
      fingerprint: fingerprint(server, principal, upstreamId),
      createdAt: Number.parseInt(time, 36) * 1_000,
    };
  }

  return {
    bind(server, principal, upstreamId, createdAt) {
      if (!UPSTREAM_ID.test(upstreamId)) {
        return null;
      }
      const time = Math.floor(createdAt / 1_000).toString(36);
      const code = mac("mcp-session-id", server, principal, upstreamId, time).toString("base64url");
      return `${upstreamId}.${time}.${code}`;
    },
    fingerprint,
    activity: (server, principal) =>
      names.of(principal, JSON.stringify([server]), () =>
        mac("mcp-activity", server, principal).toString("base64url"),
      ),
    resolve: (server, principal, clientId) =>
      found.of(principal, hash("sha256", JSON.stringify([server, clientId])), () =>
        check(server, principal, clientId),
      ),
    bindEvent: (server, principal, session, eventId) =>
      `${eventId}.${eventMac(server, principal, session, eventId)}`,
    resolveEvent(server, principal, session, clientId) {
      const last = clientId.lastIndexOf(".");
      const [eventId, code] = [clientId.slice(0, Math.max(0, last)), Buffer.from(clientId.slice(last + 1))];
      // The first events of a session come with the response that begins it.
      const isOwn = [session, null].some((one) => {
        const expected = Buffer.from(eventMac(server, principal, one, eventId));
        return code.length === expected.length && timingSafeEqual(code, expected);
      });
      return isOwn ? eventId : null;
    },
  };
}

/** `null` where it is no id of this form. Servers may have dots in theirs: time and code are the last two parts. */
function partsOf(clientId: string): { upstreamId: string; time: string; code: string } | null {
  const last = clientId.lastIndexOf(".");
  const before = last <= 0 ? -1 : clientId.lastIndexOf(".", last - 1);
  if (before <= 0) {
    return null;
  }
  const upstreamId = clientId.slice(0, before);
  const time = clientId.slice(before + 1, last);
  return UPSTREAM_ID.test(upstreamId) && TIME.test(time)
    ? { upstreamId, time, code: clientId.slice(last + 1) }
    : null;
}
