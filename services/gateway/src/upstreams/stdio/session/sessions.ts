import { randomBytes } from "node:crypto";
import {
  UpstreamError,
  type UpstreamErrorCode,
  type UpstreamRequest,
  type UpstreamResponse,
} from "../../../domain/upstream.ts";
import { heldId } from "../../../domain/forwarding.ts";
import type { Caller } from "../../../domain/governance.ts";
import { principalKey } from "@sark/authentication";
import { JSON_RPC_ERRORS, MCP_ERRORS } from "../../../mcp-protocol/json-rpc/error-codes.ts";
import { violationOf } from "../../../mcp-protocol/rules/violation.ts";
import { sessionRevision } from "../../../mcp-protocol/session-headers.ts";
import type { PoolFigures, SessionEnd } from "../../contract/observer.ts";
import type { Program } from "../process/message-process.ts";
import { createStartGate } from "../process/start-gate.ts";
import { isRequest } from "../../../mcp-protocol/json-rpc/guards.ts";
import { KEEP_ALIVE_MS } from "../wire/event-bytes.ts";
import { emptyResponse, errorResponse } from "../wire/responses.ts";
import { createEndedSessions } from "./ended-sessions.ts";
import { createPlaces, type Place } from "./places.ts";
import { createSession, type Session } from "./session.ts";

/** The era of sessions of a stdio upstream: one process for each session. */
export interface Sessions {
  exchange(request: UpstreamRequest): Promise<UpstreamResponse>;
  /** Why the last process that was started was of no use; `null` when it was not. */
  readonly failure: UpstreamError | null;
  readonly running: boolean;
  figures(): PoolFigures;
  close(): Promise<void>;
}

/** How `initialize` fails when its process ends. */
const ENDED: ReadonlySet<UpstreamErrorCode> = new Set([
  "upstream_unreachable",
  "upstream_died",
  "upstream_garbage",
]);
/** What a client is told that comes back to its session. */
const WHY: Readonly<Record<SessionEnd, string>> = {
  deleted: "its client ended it",
  idle: "it was not used for too long",
  displaced: "another session needed its place",
  died: "its process ended",
  closing: "the gateway is being stopped",
};

export function createSessions(program: Program): Sessions {
  const { upstream, limits, observe } = program;
  const sessions = new Map<string, { readonly session: Session; readonly caller: Caller | null }>();
  /** Every process that has not ended yet, those that are just starting or ending included. */
  const running = new Set<Session>();
  const places = createPlaces(upstream, limits);
  const ended = createEndedSessions();
  const gate = createStartGate(upstream);
  let closed = false;
  // One timer for all sessions; it does not keep the gateway alive.
  const housekeeping = setInterval(sweep, Math.min(KEEP_ALIVE_MS, limits.sessionIdleMs / 2)).unref();
  let keptAlive = performance.now();

  function sweep(): void {
    const now = performance.now();
    const keepAlive = now - keptAlive >= KEEP_ALIVE_MS;
    keptAlive = keepAlive ? now : keptAlive;
    for (const [id, { session }] of sessions) {
      const idleSince = session.idleSince();
      if (idleSince !== null && now - idleSince >= limits.sessionIdleMs) {
        void end(id, session, "idle");
      } else if (keepAlive) {
        session.keepAlive();
      }
    }
  }

  function forget(id: string, reason: SessionEnd, why: string = WHY[reason]): void {
    const caller = sessions.get(id)?.caller ?? null;
    if (sessions.delete(id)) {
      ended.add(id, why);
      observe({ type: "session_closed", reason, open: sessions.size, sessionId: id, caller });
    }
  }

  async function end(id: string, session: Session, reason: SessionEnd): Promise<void> {
    forget(id, reason);
    await session.end();
  }

  async function open(request: UpstreamRequest): Promise<UpstreamResponse> {
    if (closed) {
      throw new UpstreamError("upstream_unreachable", `upstream "${upstream}" is closed`);
    }
    // Before a place is taken: a caller that has to wait for the program must not push out another.
    gate.pass();
    const place = await places.take(callerKey(request.caller), request.signal);
    if (closed) {
      place.free();
      throw new UpstreamError("upstream_unreachable", `upstream "${upstream}" is closed`);
    }
    return start(request, place);
  }

  /** The place is free again when the process has ended, whatever became of the session. */
  async function start(request: UpstreamRequest, place: Place): Promise<UpstreamResponse> {
    const startedAt = performance.now();
    const id = newId();
    const session: Session = createSession({
      program,
      onEnd: (reason) => {
        running.delete(session);
        place.free();
        forget(id, "died", reason.message);
      },
    });
    running.add(session);
    try {
      const reply = await session.post(request);
      if (session.initialized && running.has(session) && !closed) {
        gate.succeeded();
        sessions.set(id, { session, caller: request.caller });
        place.hold({ quietSince: session.quietSince, displace: () => end(id, session, "displaced") });
        observe({ type: "session_opened", open: sessions.size });
        return { ...reply, headers: { ...reply.headers, "mcp-session-id": id } };
      }
      void session.end();
      return reply;
    } catch (error) {
      if (error instanceof UpstreamError && ENDED.has(error.code)) {
        gate.failed(startedAt, error);
      }
      void session.end();
      throw error;
    }
  }

  function newId(): string {
    const id = randomBytes(24).toString("base64url");
    return program.replica === null ? id : heldId(program.replica, id);
  }

  async function exchange(request: UpstreamRequest): Promise<UpstreamResponse> {
    const messages = request.messages ?? [];
    const id = request.headers["mcp-session-id"];
    const initializes = messages.some((message) => isRequest(message) && message.method === "initialize");
    if (initializes && (messages.length !== 1 || id !== undefined)) {
      const message = id === undefined ? "initialize must stand alone" : "Server already initialized";
      return errorResponse(400, {
        code: JSON_RPC_ERRORS.invalid_request,
        message: `Invalid Request: ${message}`,
      });
    }
    if (initializes) {
      return open(request);
    }
    const violation = violationOf(() => sessionRevision(request.headers));
    if (violation !== null) {
      return errorResponse(violation.status, violation);
    }
    if (id === undefined) {
      return errorResponse(400, {
        code: MCP_ERRORS.transport,
        message: "Bad Request: Mcp-Session-Id header is required",
      });
    }
    const session = sessions.get(id)?.session;
    if (session === undefined) {
      return errorResponse(404, {
        code: MCP_ERRORS.unknown_session,
        message: `Session not found${ended.why(id)}`,
      });
    }
    switch (request.method) {
      case "GET":
        return session.get(request);
      case "DELETE":
        void end(id, session, "deleted");
        return emptyResponse(200);
      case "POST":
      default:
        return session.post(request);
    }
  }

  return {
    exchange,
    get failure() {
      return gate.failure;
    },
    get running() {
      return sessions.size > 0;
    },
    figures: () => ({ size: places.taken, inUse: sessions.size, waiting: 0, limit: limits.sessions }),
    close: async () => {
      closed = true;
      clearInterval(housekeeping);
      for (const id of sessions.keys()) {
        forget(id, "closing");
      }
      await Promise.all([...running].map((session) => session.end()));
    },
  };
}

/** The gateway's own sessions, in which it lists tools, are those of one more caller. */
function callerKey(caller: Caller | null): string {
  return caller === null ? "" : principalKey(caller.principal);
}
