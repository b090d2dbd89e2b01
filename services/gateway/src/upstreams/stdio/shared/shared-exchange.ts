import type { JsonRpcNotification, JsonRpcRequest, JsonRpcResponse } from "../../../domain/json-rpc.ts";
import {
  abortReason,
  type UpstreamError,
  type UpstreamRequest,
  type UpstreamResponse,
} from "../../../domain/upstream.ts";
import { createEventBody, destroyOnAbort, type EventBody } from "../wire/event-body.ts";
import { messageEvent } from "../../../event-streams/event.ts";
import { bytesOnOneLine } from "@sark/json";
import { metaOf, progressTokenOf } from "../../../mcp-protocol/json-rpc/guards.ts";
import { eventStreamResponse, jsonResponse } from "../wire/responses.ts";
import { LOG_LEVEL_META_KEY } from "../../../mcp-protocol/vocabulary/meta-keys.ts";
import { opensStream } from "../../../mcp-protocol/vocabulary/methods.ts";
import { statusOf } from "./envelope.ts";
import { restoreNotification, restoreResponse, withIds } from "./id-mapping.ts";

/** One request in the shared process: its own id outside, a unique one inside. */
export interface SharedExchange {
  /** The request's id towards the process, which is its progress token there, too. */
  readonly id: number;
  readonly listens: boolean;
  readonly wantsLogs: boolean;
  readonly wantsProgress: boolean;
  /** Whose it is; `null` for the gateway itself. */
  readonly caller: UpstreamRequest["caller"];
  /** The request as the process is sent it. */
  readonly message: string;
  readonly reply: Promise<UpstreamResponse>;
  /** `line` is the message as the process wrote it. */
  notify(notification: JsonRpcNotification, line: Buffer): void;
  respond(response: JsonRpcResponse, line: Buffer): void;
  /** Ends a stream without a response: the server closed a subscription. */
  end(): void;
  fail(error: UpstreamError): void;
  keepAlive(): void;
}

export interface SharedExchangeOptions {
  readonly upstream: string;
  readonly id: number;
  readonly maxUnreadBytes: number;
  readonly acceptsEvents: boolean;
  /** No client waits for it any more; `tell` when the process still works on it. */
  onOver(exchange: SharedExchange, reason: UpstreamError | null): void;
}

/**
 * The form of the reply is decided by the first message: a response gives one JSON body with the status
 * that belongs to it, anything before it opens an event stream. So nothing is ever held back.
 */
export function createSharedExchange(
  request: UpstreamRequest,
  message: JsonRpcRequest,
  options: SharedExchangeOptions,
): SharedExchange {
  const { upstream, id } = options;
  const listens = opensStream(message.method);
  const token = progressTokenOf(message);
  const reply = Promise.withResolvers<UpstreamResponse>();
  let body: EventBody | null = null;
  let over = false;
  const onAbort = () => {
    leave(abortReason(upstream, request.signal));
  };

  /** Returns whether it was still under way. */
  function finish(reason: UpstreamError | null): boolean {
    if (over) {
      return false;
    }
    over = true;
    request.signal.removeEventListener("abort", onAbort);
    options.onOver(exchange, reason);
    return true;
  }

  function leave(reason: UpstreamError): void {
    if (finish(reason)) {
      reject(reason);
    }
  }

  function reject(reason: UpstreamError): void {
    reply.reject(reason);
    body?.fail(reason);
  }

  function openBody(): EventBody {
    if (body === null) {
      body = createEventBody(upstream, options.maxUnreadBytes, (reason) => finish(reason));
      destroyOnAbort(body.readable, request.signal);
      reply.resolve(eventStreamResponse(body.readable));
    }
    return body;
  }

  const exchange: SharedExchange = {
    id,
    listens,
    wantsLogs: metaOf(message)?.[LOG_LEVEL_META_KEY] !== undefined,
    wantsProgress: token !== null,
    caller: request.caller,
    message: withIds(textOf(request, message), message, id),
    reply: reply.promise,
    notify: (notification, line) => {
      if (over) {
        return;
      }
      if (!options.acceptsEvents) {
        return;
      }
      openBody().push(eventOf(restoreNotification(line.toString("utf8"), notification, message.id, token)));
    },
    respond: (response, line) => {
      if (!finish(null)) {
        return;
      }
      const restored = restoreResponse(line.toString("utf8"), response, message.id);
      if (body === null) {
        reply.resolve(jsonResponse("error" in response ? statusOf(response.error) : 200, restored));
      } else {
        body.push(eventOf(restored));
        body.end();
      }
    },
    end: () => {
      if (finish(null)) {
        openBody().end();
      }
    },
    fail: (error) => {
      if (finish(null)) {
        reject(error);
      }
    },
    keepAlive: () => body?.keepAlive(),
  };
  request.signal.addEventListener("abort", onAbort, { once: true });
  return exchange;
}

/** A carriage return between tokens, which a server may write, would end the event's line. */
function eventOf(text: string): Buffer {
  return messageEvent(text);
}

/** The request as its caller wrote it, on one line. */
function textOf({ body }: UpstreamRequest, message: JsonRpcRequest): string {
  return body === null ? JSON.stringify(message) : bytesOnOneLine(body).toString("utf8");
}
