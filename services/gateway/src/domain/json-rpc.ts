import type { Json, JsonObject } from "@sark/json";

export type JsonRpcId = string | number;

export interface JsonRpcRequest {
  readonly jsonrpc: "2.0";
  readonly id: JsonRpcId;
  readonly method: string;
  readonly params?: JsonObject;
}
export interface JsonRpcNotification {
  readonly jsonrpc: "2.0";
  readonly method: string;
  readonly params?: JsonObject;
}
export interface JsonRpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: Json;
}
export interface JsonRpcSuccess {
  readonly jsonrpc: "2.0";
  readonly id: JsonRpcId;
  readonly result: JsonObject;
}
export interface JsonRpcFailure {
  readonly jsonrpc: "2.0";
  /** `null` (older revisions) or absent (newer ones) when the request could not be read. */
  readonly id?: JsonRpcId | null;
  readonly error: JsonRpcError;
}
export type JsonRpcResponse = JsonRpcSuccess | JsonRpcFailure;
export type JsonRpcMessage = JsonRpcRequest | JsonRpcNotification | JsonRpcResponse;
