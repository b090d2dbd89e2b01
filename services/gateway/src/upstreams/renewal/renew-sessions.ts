import { isRequest } from "../../mcp-protocol/json-rpc/guards.ts";
import type { Awaitable } from "../../domain/awaitable.ts";
import type { UpstreamRequest, UpstreamResponse } from "../../domain/upstream.ts";
import type { ObservedUpstream, UpstreamObserver } from "../contract/observer.ts";
import { beginAnew, isUnknown, leave, type Renewing } from "./begin-anew.ts";
import type { Remembered } from "./remembered.ts";
import { mayRepeat } from "./repeating-ids.ts";
import { createSessionMemory } from "./session-memory.ts";
import { isMore, moreOf, useOf, type SessionUse } from "./session-use.ts";
import type { Kept, SharedBeginnings } from "./shared-beginnings.ts";
import { tellOthers } from "./tell-others.ts";

const RENEWAL_MS = 10_000;

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
  const memory = createSessionMemory(name, shared);

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
    return tellOthers(shared, { name, memory }, session).then((use) => moreOf(before, use));
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
        memory.take(session, kept.session.id);
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
    if (session.left || memory.isTaken(id) || mayRepeat(session.id, id)) {
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
    memory.take(session, id);
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
    memory.take(session, faster.session.id);
    return true;
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
          await memory.begun(message, request, response);
        }
        return response;
      }
      const finding = memory.find(first);
      const session = finding instanceof Promise ? await finding : finding;
      if (request.method === "DELETE") {
        if (session !== undefined) {
          session.left = true;
        }
        memory.forget(first);
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
