import type { JsonRpcNotification, JsonRpcRequest, JsonRpcResponse } from "../../domain/json-rpc.ts";

/** A JSON-RPC message of a client, sorted by what it is. */
export type ClientMessage =
  | { readonly type: "request"; readonly message: JsonRpcRequest }
  | { readonly type: "notification"; readonly message: JsonRpcNotification }
  | { readonly type: "response"; readonly message: JsonRpcResponse };
