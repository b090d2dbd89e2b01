import { LRUCache } from "lru-cache";
import { isRequest } from "../../mcp-protocol/json-rpc/guards.ts";
import type { UpstreamRequest, UpstreamResponse } from "../../domain/upstream.ts";
import type { ObservedUpstream, UpstreamObserver } from "../contract/observer.ts";
import { beginAnew, isUnknown, type Beginning, type Renewing } from "./begin-anew.ts";
import { moreOf, SESSION_USES, useOf, type SessionUse } from "./session-use.ts";

/** Sessions whose beginning is remembered, the longest unused ones make room. */
const MAX_SESSIONS = 20_000;
/** A larger beginning is not remembered. */
const MAX_BEGINNING = 8 * 1024;
const RENEWAL_MS = 10_000;

export interface RenewalOptions {
  /** The most that a session may have done for another one to stand in its place. */
  readonly upTo: Exclude<SessionUse, "settings">;
  readonly observer: UpstreamObserver;
}

interface Remembered extends Beginning {
  /** What the server calls it now. */
  id: string;
  use: SessionUse;
  renewing: Promise<boolean> | null;
}

/**
 * An upstream whose sessions outlive a restart of the server: where it knows one no more, another begins in its place, and the
 * request that it refused is sent once more. The layers above know the session by its first id all the time. Where
 * something of it would be lost, the refusal passes as it is, and the client begins anew.
 */
export function renewSessions(upstream: ObservedUpstream, options: RenewalOptions): ObservedUpstream {
  /** Ids that sessions got when they were renewed: no other session may have one of them. */
  const renewedIds = new Set<string>();
  /** By the id that the layers above know. */
  const remembered = new LRUCache<string, Remembered>({
    max: MAX_SESSIONS,
    dispose: ({ id }) => void renewedIds.delete(id),
  });

  function remember(request: UpstreamRequest, { status, headers }: UpstreamResponse): void {
    const [message] = request.messages ?? [];
    const id = headers["mcp-session-id"];
    const { body } = request;
    if (message === undefined || !isRequest(message) || message.method !== "initialize") {
      return;
    }
    if (status === 200 && id !== undefined && body !== null && body.length <= MAX_BEGINNING) {
      remembered.set(id, { message, body, id, use: "none", renewing: null });
    }
  }

  async function send(
    session: Remembered,
    first: string,
    request: UpstreamRequest,
  ): Promise<UpstreamResponse> {
    const response = await upstream.exchange({
      ...request,
      headers: { ...request.headers, "mcp-session-id": session.id },
    });
    return response.headers["mcp-session-id"] === session.id
      ? { ...response, headers: { ...response.headers, "mcp-session-id": first } }
      : response;
  }

  /** Whether the request can be sent again: the session is another one by now. */
  async function renewed(
    session: Remembered,
    { sentTo, before }: { readonly sentTo: string; readonly before: SessionUse },
    request: UpstreamRequest,
  ): Promise<boolean> {
    if (session.id !== sentTo) {
      return true;
    }
    if (session.renewing === null && SESSION_USES.indexOf(before) > SESSION_USES.indexOf(options.upTo)) {
      return false;
    }
    session.renewing ??= renew(session, request).finally(() => (session.renewing = null));
    return session.renewing;
  }

  async function renew(session: Remembered, { caller, headers }: UpstreamRequest): Promise<boolean> {
    const renewing: Renewing = {
      upstream,
      caller,
      version: headers["mcp-protocol-version"] ?? null,
      signal: AbortSignal.timeout(RENEWAL_MS),
    };
    try {
      const id = (await isUnknown(session.id, renewing)) ? await beginAnew(session, renewing) : null;
      if (id === null || remembered.has(id) || renewedIds.has(id)) {
        return false;
      }
      renewedIds.delete(session.id);
      renewedIds.add(id);
      session.id = id;
      session.use = "none";
    } catch {
      // It is not there yet: what it refused is the client's response.
      return false;
    }
    options.observer(upstream.name, { type: "session_renewed", caller });
    return true;
  }

  return {
    ...upstream,
    async exchange(request) {
      const first = request.headers["mcp-session-id"];
      const session = first === undefined ? undefined : remembered.get(first);
      if (first === undefined || session === undefined) {
        const response = await upstream.exchange(request);
        remember(request, response);
        return response;
      }
      const { id: sentTo, use: before } = session;
      // Before it is known how it ends: a server that dies of a call may have done it.
      note(session, request);
      const response = await send(session, first, request);
      if (request.method === "DELETE") {
        remembered.delete(first);
        return response;
      }
      if (response.status !== 404 || !canGoAgain(request)) {
        return response;
      }
      if (!(await renewed(session, { sentTo, before }, request))) {
        return response;
      }
      response.body.destroy();
      note(session, request);
      return send(session, first, request);
    },
  };
}

/** A stream that is to go on after an event cannot: the server has forgotten what came after it. */
function canGoAgain({ headers }: UpstreamRequest): boolean {
  return headers["last-event-id"] === undefined;
}

function note(session: Remembered, { messages }: UpstreamRequest): void {
  session.use = (messages ?? []).map(useOf).reduce(moreOf, session.use);
}
