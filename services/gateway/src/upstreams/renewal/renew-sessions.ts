import { LRUCache } from "lru-cache";
import { isRequest } from "../../mcp-protocol/json-rpc/guards.ts";
import type { Awaitable } from "../../domain/awaitable.ts";
import type { JsonRpcRequest } from "../../domain/json-rpc.ts";
import type { UpstreamRequest, UpstreamResponse } from "../../domain/upstream.ts";
import type { ObservedUpstream, UpstreamObserver } from "../contract/observer.ts";
import { beginAnew, isUnknown, leave, type Renewing } from "./begin-anew.ts";
import type { Remembered } from "./remembered.ts";
import { mayRepeat } from "./repeating-ids.ts";
import { isMore, moreOf, useOf, type SessionUse } from "./session-use.ts";
import type { Kept, SharedBeginnings } from "./shared-beginnings.ts";

/** Sessions whose beginning is remembered, the longest unused ones make room. */
const MAX_SESSIONS = 20_000;
/** A larger beginning is not remembered. */
const MAX_BEGINNING = 8 * 1024;
const RENEWAL_MS = 10_000;
/** Of a session that no replica remembers, it is asked again after this. */
const ASKED_AGAIN_MS = 60_000;
/** Replicas that write at the same moment. */
const TELL_ATTEMPTS = 3;

export interface RenewalOptions {
  /** The most that a session may have done for another one to stand in its place. */
  readonly upTo: Exclude<SessionUse, "settings">;
  /** What replicas know together; `null` where each is alone. */
  readonly shared: SharedBeginnings | null;
  readonly observer: UpstreamObserver;
}

/**
 * An upstream whose sessions outlive a restart of the server: where it knows one no more, another begins in its place, and the
 * request that it refused is sent once more. The layers above know the session by its first id all the time. Where
 * something of it would be lost, or nothing is known of it, the refusal passes as it is, and the client begins anew.
 */
export function renewSessions(upstream: ObservedUpstream, options: RenewalOptions): ObservedUpstream {
  const { upTo, shared, observer } = options;
  const { name } = upstream;
  /** Ids that sessions got when they were renewed: no other session may have one of them. */
  const renewedIds = new Set<string>();
  const remembered = new LRUCache<string, Remembered>({
    max: MAX_SESSIONS,
    dispose: ({ id }) => void renewedIds.delete(id),
  });
  const unknown = new LRUCache<string, true>({ max: MAX_SESSIONS, ttl: ASKED_AGAIN_MS });

  async function remember(
    message: JsonRpcRequest,
    { body, caller }: UpstreamRequest,
    { status, headers }: UpstreamResponse,
  ): Promise<void> {
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
  }

  function send({ id, first }: Remembered, request: UpstreamRequest): Promise<UpstreamResponse> {
    return id === first ? upstream.exchange(request) : sendRenewed({ id, first }, request);
  }

  async function sendRenewed(
    { id, first }: Pick<Remembered, "id" | "first">,
    request: UpstreamRequest,
  ): Promise<UpstreamResponse> {
    const headers = { ...request.headers, "mcp-session-id": id };
    const response = await upstream.exchange({ ...request, headers });
    return response.headers["mcp-session-id"] === id ? calledBy(response, first) : response;
  }

  /**
   * Before it is known how it ends: a server that dies of a call may have done it. The others know it first, too, so that
   * none takes the session for one that has done less. What it had done before.
   */
  function note(session: Remembered, request: UpstreamRequest): Awaitable<SessionUse> {
    const before = session.use;
    session.use = (request.messages ?? []).map(useOf).reduce(moreOf, before);
    if (shared === null || request.caller === null || session.left || !isMore(session.use, session.told)) {
      return before;
    }
    return tell(shared, session).then((use) => moreOf(before, use));
  }

  /** Where the others cannot be told they are told with the next request. Resolves to what they knew before. */
  async function tell(others: SharedBeginnings, session: Remembered): Promise<SessionUse> {
    const { use, first } = session;
    for (let attempt = 0; attempt < TELL_ATTEMPTS; attempt += 1) {
      const kept = await others.find(name, first);
      if (kept === null) {
        break;
      }
      if (kept === "none") {
        session.version = await others.keep(name, first, session);
        session.told = session.version === null ? session.told : use;
        break;
      }
      const { session: known, version } = kept;
      if (known.id !== session.id) {
        take(session, known.id);
      }
      const written = isMore(use, known.use)
        ? await others.replace(name, first, kept, { ...known, use })
        : version;
      if (written !== null) {
        session.version = written;
        session.told = moreOf(use, known.use);
        return known.use;
      }
    }
    return "none";
  }

  /** Whether the request can be sent again: the session is another one by now. */
  async function renewed(
    session: Remembered,
    { sentTo, before }: { readonly sentTo: string; readonly before: SessionUse },
    request: UpstreamRequest,
  ): Promise<boolean> {
    if (session.left) {
      return false;
    }
    if (session.id !== sentTo) {
      return true;
    }
    if (session.renewing === null && isMore(before, upTo)) {
      return false;
    }
    session.renewing ??= renew(session, before, request).finally(() => (session.renewing = null));
    return (await session.renewing) && !session.left;
  }

  async function renew(
    session: Remembered,
    before: SessionUse,
    { caller, headers }: UpstreamRequest,
  ): Promise<boolean> {
    const renewing: Renewing = {
      upstream,
      caller,
      version: headers["mcp-protocol-version"] ?? null,
      signal: AbortSignal.timeout(RENEWAL_MS),
    };
    try {
      const kept = shared === null ? "none" : await shared.find(name, session.first);
      if (kept === null) {
        // Another replica may have done more in it.
        return false;
      }
      if (kept === "none" && session.version !== null) {
        // It was kept: a client ends it at another replica, or the others have lost what they knew.
        session.left = true;
        return false;
      }
      if (kept !== "none" && kept.session.id !== session.id) {
        take(session, kept.session.id);
        return true;
      }
      // What this replica has told of the request itself is not what was done before it.
      const done = kept === "none" || kept.version === session.version ? before : kept.session.use;
      if (isMore(done, upTo)) {
        return false;
      }
      const id = (await isUnknown(session.id, renewing)) ? await beginAnew(session, renewing) : null;
      return id !== null && (await took(session, id, kept, renewing));
    } catch {
      // It is not there yet: what it refused is the client's response.
      return false;
    }
  }

  /** Whether this is the session from now on, or that of a replica that was faster is. */
  async function took(
    session: Remembered,
    id: string,
    kept: Kept | "none",
    renewing: Renewing,
  ): Promise<boolean> {
    if (session.left || remembered.has(id) || renewedIds.has(id) || mayRepeat(session.id, id)) {
      await leave(id, renewing);
      return false;
    }
    const { first, message, body } = session;
    const next = { id, use: "none", message, body } as const;
    if (kept !== "none" && shared !== null) {
      const version = await shared.replace(name, first, kept, next);
      if (version === null) {
        await leave(id, renewing);
        return follow(session, shared);
      }
      session.version = version;
    }
    // Perhaps while it was told.
    if (session.left) {
      shared?.forget(name, first);
      await leave(id, renewing);
      return false;
    }
    take(session, id);
    session.use = "none";
    session.told = "none";
    observer(name, { type: "session_renewed", caller: renewing.caller });
    return true;
  }

  /** The session of a replica that was faster. */
  async function follow(session: Remembered, others: SharedBeginnings): Promise<boolean> {
    const faster = await others.find(name, session.first);
    if (faster === null || faster === "none" || faster.session.id === session.id) {
      return false;
    }
    take(session, faster.session.id);
    return true;
  }

  function take(session: Remembered, id: string): void {
    renewedIds.delete(session.id);
    renewedIds.add(id);
    session.id = id;
  }

  /** One that began at another replica: from now on what it does here is known there. */
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

  async function exchangeIn(session: Remembered, request: UpstreamRequest): Promise<UpstreamResponse> {
    const noting = note(session, request);
    const before = noting instanceof Promise ? await noting : noting;
    const { id: sentTo } = session;
    const response = await send(session, request);
    if (response.status !== 404 || !canGoAgain(request)) {
      return response;
    }
    if (await renewed(session, { sentTo, before }, request)) {
      return again(session, request, response);
    }
    const { status, headers, body } = response;
    return session.left ? { status, headers, body, sessionEnds: true } : response;
  }

  async function again(
    session: Remembered,
    request: UpstreamRequest,
    refusal: UpstreamResponse,
  ): Promise<UpstreamResponse> {
    refusal.body.destroy();
    await note(session, request);
    return send(session, request);
  }

  return {
    ...upstream,
    async exchange(request) {
      const first = request.headers["mcp-session-id"];
      if (first === undefined) {
        const response = await upstream.exchange(request);
        const [message] = request.messages ?? [];
        if (message !== undefined && isRequest(message) && message.method === "initialize") {
          await remember(message, request, response);
        }
        return response;
      }
      const known = remembered.get(first);
      const session = known ?? (shared === null ? undefined : await adopt(shared, first));
      if (request.method === "DELETE") {
        if (session !== undefined) {
          session.left = true;
        }
        remembered.delete(first);
        shared?.forget(name, first);
      }
      return await (session === undefined ? upstream.exchange(request) : exchangeIn(session, request));
    },
  };
}

/** The response with the id by which the layers above know its session. */
function calledBy(response: UpstreamResponse, first: string): UpstreamResponse {
  return {
    status: response.status,
    headers: { ...response.headers, "mcp-session-id": first },
    // Asked for when it is wanted: it may be taken as a whole.
    get body() {
      return response.body;
    },
    takeWhole: (withinMs) => response.takeWhole?.(withinMs) ?? null,
  };
}

/** A stream that is to go on after an event cannot: the server has forgotten what came after it. */
function canGoAgain({ method, headers }: UpstreamRequest): boolean {
  return method !== "DELETE" && headers["last-event-id"] === undefined;
}
