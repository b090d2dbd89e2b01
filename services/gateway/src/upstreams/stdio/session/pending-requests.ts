import type { JsonRpcId, JsonRpcRequest } from "../../../domain/json-rpc.ts";
import { progressTokenOf } from "../../../mcp-protocol/json-rpc/guards.ts";
import type { PostResponse } from "./post-responses.ts";
import type { EventStream } from "./event-stream.ts";

export interface PendingRequest {
  readonly id: JsonRpcId;
  readonly method: string;
  readonly response: PostResponse;
}

/** Requests to which the server has not responded yet, by their id and by their progress token. */
export interface PendingRequests {
  readonly size: number;
  /** Also of one that was abandoned, until its late response: that one must not pass for the response to another request. */
  has(id: JsonRpcId): boolean;
  add(request: JsonRpcRequest, response: PostResponse): void;
  byToken(token: JsonRpcId): PendingRequest | undefined;
  /** The stream of the newest one whose response is a stream of events; those that a client reads come first. */
  newestStream(): EventStream | undefined;
  /** Removes it. */
  take(id: JsonRpcId): PendingRequest | undefined;
  /** Removes it although the server may still respond to it. */
  abandon(id: JsonRpcId): PendingRequest | undefined;
  /** The late response to an abandoned request has come: its id is free again. */
  release(id: JsonRpcId): void;
  takeAll(): readonly PendingRequest[];
  of(response: PostResponse): readonly PendingRequest[];
}

/** Servers need not respond to what was cancelled, so these would pile up. */
const MAX_ABANDONED = 1_024;

export function createPendingRequests(): PendingRequests {
  const byId = new Map<JsonRpcId, PendingRequest & { readonly token: JsonRpcId | null }>();
  const tokens = new Map<JsonRpcId, JsonRpcId>();
  const abandoned = new Set<JsonRpcId>();

  function take(id: JsonRpcId): PendingRequest | undefined {
    const request = byId.get(id);
    if (request !== undefined) {
      byId.delete(id);
      if (request.token !== null && tokens.get(request.token) === id) {
        tokens.delete(request.token);
      }
    }
    return request;
  }

  function abandon(id: JsonRpcId): PendingRequest | undefined {
    const request = take(id);
    if (request !== undefined) {
      const [oldest] = abandoned;
      if (abandoned.size >= MAX_ABANDONED && oldest !== undefined) {
        abandoned.delete(oldest);
      }
      abandoned.add(id);
    }
    return request;
  }

  return {
    get size() {
      return byId.size;
    },
    has: (id) => byId.has(id) || abandoned.has(id),
    add: (request, response) => {
      const { id, method } = request;
      const token = progressTokenOf(request);
      byId.set(id, { id, method, response, token });
      if (token !== null) {
        tokens.set(token, id);
      }
    },
    byToken: (token) => {
      const id = tokens.get(token);
      return id === undefined ? undefined : byId.get(id);
    },
    newestStream: () => {
      const streams = [...byId.values()].flatMap((request) => request.response.stream ?? []);
      return streams.findLast((stream) => stream.attached) ?? streams.at(-1);
    },
    take,
    abandon,
    release: (id) => void abandoned.delete(id),
    takeAll: () => [...byId.keys()].flatMap((id) => take(id) ?? []),
    of: (response) => [...byId.values()].filter((request) => request.response === response),
  };
}
