import { LRUCache } from "lru-cache";
import type { Awaitable } from "../../domain/awaitable.ts";
import type { JsonRpcRequest } from "../../domain/json-rpc.ts";
import type { UpstreamRequest, UpstreamResponse } from "../../domain/upstream.ts";
import type { Remembered } from "./remembered.ts";
import type { SharedBeginnings } from "./shared-beginnings.ts";

/** Sessions whose beginning is remembered, the longest unused ones make room. */
const MAX_SESSIONS = 20_000;
/** A larger beginning is not remembered. */
const MAX_BEGINNING = 8 * 1024;
/** Of a session that no replica remembers, it is asked again after this. */
const ASKED_AGAIN_MS = 60_000;

/** The sessions at one server whose beginnings this replica knows, by their first ids. */
export interface SessionMemory {
  /** A session has begun by this message. */
  begun(message: JsonRpcRequest, request: UpstreamRequest, response: UpstreamResponse): Promise<void>;
  /** One of this replica, or of another one: from now on what it does here is known there. */
  find(first: string): Awaitable<Remembered | undefined>;
  /** The session has this id from now on. */
  take(session: Remembered, id: string): void;
  /** Whether a session has this id, or had it first: no other one may get it. */
  isTaken(id: string): boolean;
  /** The session is over, for all replicas. */
  forget(first: string): void;
}

/** `shared`: what replicas know together; `null` where each is alone. */
export function createSessionMemory(name: string, shared: SharedBeginnings | null): SessionMemory {
  /** Ids that sessions got when they were renewed: no other session may have one of them. */
  const renewedIds = new Set<string>();
  const remembered = new LRUCache<string, Remembered>({
    max: MAX_SESSIONS,
    dispose: ({ id }) => void renewedIds.delete(id),
  });
  const unknown = new LRUCache<string, true>({ max: MAX_SESSIONS, ttl: ASKED_AGAIN_MS });

  async function adopt(others: SharedBeginnings, first: string): Promise<Remembered | undefined> {
    if (unknown.has(first)) {
      return undefined;
    }
    const kept = await others.find(name, first);
    if (kept === "none") {
      unknown.set(first, true);
    }
    if (kept === null || kept === "none") {
      return undefined;
    }
    const { session: known, version } = kept;
    const session: Remembered = { ...known, first, told: known.use, version, renewing: null, left: false };
    if (known.id !== first) {
      renewedIds.add(known.id);
    }
    remembered.set(first, session);
    return session;
  }

  return {
    async begun(message, { body, caller }, { status, headers }) {
      const id = headers["mcp-session-id"];
      if (status === 200 && id !== undefined && body !== null && body.length <= MAX_BEGINNING) {
        const session: Remembered = {
          first: id,
          message,
          body,
          id,
          use: "none",
          told: "none",
          version: null,
          renewing: null,
          left: false,
        };
        remembered.set(id, session);
        // Those of the gateway's own are used by no other replica.
        session.version = caller === null || shared === null ? null : await shared.keep(name, id, session);
      }
    },
    find: (first) => remembered.get(first) ?? (shared === null ? undefined : adopt(shared, first)),
    take(session, id) {
      renewedIds.delete(session.id);
      renewedIds.add(id);
      session.id = id;
    },
    isTaken: (id) => remembered.has(id) || renewedIds.has(id),
    forget(first) {
      remembered.delete(first);
      shared?.forget(name, first);
    },
  };
}
