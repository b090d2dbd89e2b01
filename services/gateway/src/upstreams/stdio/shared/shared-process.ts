import type { JsonRpcId } from "../../../domain/json-rpc.ts";
import { principalKey } from "@sark/authentication";
import {
  abortedUnsent,
  UpstreamError,
  type UpstreamRequest,
  type UpstreamResponse,
} from "../../../domain/upstream.ts";
import { JSON_RPC_ERRORS, MCP_ERRORS } from "../../../mcp-protocol/json-rpc/error-codes.ts";
import { SESSION_REVISIONS } from "../../../mcp-protocol/revisions.ts";
import { opensStream } from "../../../mcp-protocol/vocabulary/methods.ts";
import type { PoolFigures } from "../../contract/observer.ts";
import type { MessageProcess, Program } from "../process/message-process.ts";
import { untilAborted } from "../../waiting/until-aborted.ts";
import { acceptsEvents, isBatch } from "../wire/accepted-forms.ts";
import { isRequest } from "../../../mcp-protocol/json-rpc/guards.ts";
import { KEEP_ALIVE_MS } from "../wire/event-bytes.ts";
import { emptyResponse, errorResponse } from "../wire/responses.ts";
import { createAudience } from "./audience.ts";
import { claimedVersion, envelopeFault } from "./envelope.ts";
import { routeSharedMessage } from "./message-routing.ts";
import { createSupervisor, type StatelessServer } from "./process-supervisor.ts";
import { createSharedExchange, type SharedExchange } from "./shared-exchange.ts";

/** The stateless era of a stdio upstream: one process for all callers. */
export interface SharedProcess {
  exchange(request: UpstreamRequest): Promise<UpstreamResponse>;
  /**
   * Resolves when the server responds; whether it speaks the stateless revision does not matter. What is
   * known from before counts, unless `anew`.
   */
  check(anew: boolean): Promise<void>;
  figures(): PoolFigures;
  readonly running: boolean;
  readonly failure: UpstreamError | null;
  close(): Promise<void>;
}

export function createSharedProcess(program: Program): SharedProcess {
  const { upstream, limits, observe } = program;
  const exchanges = new Map<JsonRpcId, SharedExchange>();
  const audience = createAudience();
  let waiting = 0;
  let lastId = 0;
  const keepAlive = setInterval(() => {
    for (const exchange of exchanges.values()) {
      exchange.keepAlive();
    }
  }, KEEP_ALIVE_MS).unref();

  const supervisor = createSupervisor({
    program,
    onMessage: (message, line, process) => {
      const refuse = (id: JsonRpcId) => process.tell(refusedRequest(id));
      routeSharedMessage({ exchanges, onePrincipal: audience.isOne, observe, refuse }, message, line);
    },
    onOversized: (id, reason) => exchanges.get(id)?.fail(reason),
    onEnd: (reason) => {
      for (const exchange of exchanges.values()) {
        exchange.fail(reason);
      }
    },
  });

  /** Subscriptions are counted apart: they last, and would leave no room for calls. */
  function checkLoad(listens: boolean, caller: UpstreamRequest["caller"]): void {
    const same = [...exchanges.values()].filter((exchange) => exchange.listens === listens);
    if (same.length + waiting >= limits.inFlight) {
      throw new UpstreamError(
        "upstream_overloaded",
        `upstream "${upstream}" has ${limits.inFlight} requests in flight, which is its limit`,
      );
    }
    if (caller === null) {
      return;
    }
    const key = principalKey(caller.principal);
    const own = same.filter(
      (exchange) => exchange.caller !== null && principalKey(exchange.caller.principal) === key,
    );
    if (own.length >= limits.inFlightPerCaller) {
      throw new UpstreamError(
        "upstream_overloaded",
        `the caller has ${own.length} requests in flight at upstream "${upstream}", which is its share; raise limits.inFlightPerCaller`,
      );
    }
  }

  async function exchange(request: UpstreamRequest): Promise<UpstreamResponse> {
    if (request.method !== "POST") {
      const error = { code: MCP_ERRORS.transport, message: "Method not allowed." };
      return errorResponse(405, error, null, { allow: "POST" });
    }
    const [message] = request.messages ?? [];
    if (message === undefined || isBatch(request)) {
      return errorResponse(400, {
        code: JSON_RPC_ERRORS.invalid_request,
        message: "Invalid Request: one message, not a batch",
      });
    }
    if (!isRequest(message)) {
      // This revision has no notifications or responses of clients; their ids would be another caller's here.
      return emptyResponse(202);
    }
    if (message.method === "initialize") {
      return errorResponse(
        404,
        { code: JSON_RPC_ERRORS.method_not_found, message: "Method not found" },
        message.id,
      );
    }
    const fault = envelopeFault(message);
    if (fault !== null) {
      return errorResponse(400, fault, message.id);
    }
    const listens = opensStream(message.method);
    if (listens && !acceptsEvents(request)) {
      const error = {
        code: MCP_ERRORS.transport,
        message: "Not Acceptable: Client must accept text/event-stream",
      };
      return errorResponse(406, error, message.id);
    }
    checkLoad(listens, request.caller);
    const server = await acquire(request.signal);
    const version = claimedVersion(message);
    if (server === null || !server.versions.includes(version)) {
      const data = { supported: [...(server?.versions ?? SESSION_REVISIONS)], requested: version };
      const error = { code: MCP_ERRORS.unsupported_version, message: "Unsupported protocol version", data };
      return errorResponse(400, error, message.id);
    }
    audience.add(server.process, request.caller);
    return send(server.process, createExchange(server.process, request, message));
  }

  async function acquire(signal: AbortSignal): Promise<StatelessServer | null> {
    waiting += 1;
    try {
      return await untilAborted(supervisor.acquire(), signal, () => abortedUnsent(upstream, signal));
    } finally {
      waiting -= 1;
    }
  }

  function createExchange(
    process: MessageProcess,
    request: UpstreamRequest,
    message: Parameters<typeof createSharedExchange>[1],
  ): SharedExchange {
    lastId += 1;
    const created = createSharedExchange(request, message, {
      upstream,
      id: lastId,
      maxUnreadBytes: limits.replayBytes,
      acceptsEvents: acceptsEvents(request),
      onOver: (over, reason) => {
        exchanges.delete(over.id);
        if (reason !== null) {
          cancel(process, over.id, reason);
        }
      },
    });
    exchanges.set(created.id, created);
    return created;
  }

  function send(process: MessageProcess, created: SharedExchange): Promise<UpstreamResponse> {
    try {
      process.send(created.message);
    } catch (error) {
      if (error instanceof UpstreamError) {
        created.fail(error);
      }
    }
    return created.reply;
  }

  function cancel(process: MessageProcess, id: number, reason: UpstreamError): void {
    const params = { requestId: id, reason: reason.message };
    process.tell(JSON.stringify({ jsonrpc: "2.0", method: "notifications/cancelled", params }));
  }

  return {
    exchange,
    check: async (anew) => {
      if (anew) {
        supervisor.forgetEra();
      }
      await supervisor.acquire();
    },
    get running() {
      return supervisor.running;
    },
    get failure() {
      return supervisor.failure;
    },
    figures: () => ({
      size: supervisor.running ? 1 : 0,
      inUse: exchanges.size,
      waiting,
      limit: limits.inFlight,
    }),
    close: async () => {
      clearInterval(keepAlive);
      const reason = new UpstreamError("upstream_died", `upstream "${upstream}" was stopped`);
      for (const pending of exchanges.values()) {
        pending.fail(reason);
      }
      await supervisor.stop();
    },
  };
}

function refusedRequest(id: JsonRpcId): string {
  const error = {
    code: JSON_RPC_ERRORS.method_not_found,
    message: "Method not found: this revision has no requests of servers",
  };
  return JSON.stringify({ jsonrpc: "2.0", id, error });
}
