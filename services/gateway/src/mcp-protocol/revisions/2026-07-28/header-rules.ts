import type { JsonRpcRequest } from "../../../domain/json-rpc.ts";
import type { Json } from "@sark/json";
import { headerOf, type IncomingHeaders } from "../../http/headers.ts";
import { headerMismatch, quote } from "../../rules/violation.ts";
import { NAME_HEADER_SOURCE } from "../../vocabulary/methods.ts";
import { decodeHeaderValue } from "./header-value.ts";

/** What routes by `Mcp-Method` must not be told of another method than the body names. */
export function checkMethod(headers: IncomingHeaders, method: string): void {
  const header = headerOf(headers, "mcp-method");
  if (header === undefined || header === method) {
    return;
  }
  throw headerMismatch(
    header,
    `the body names method ${quote(method)} but the Mcp-Method header names ${quote(header)}`,
  );
}

/** The headers that a request must have; notifications need not. */
export function checkRequest(headers: IncomingHeaders, request: JsonRpcRequest): void {
  if (headerOf(headers, "mcp-method") === undefined) {
    throw headerMismatch(
      "(missing)",
      `the body names method ${quote(request.method)} but the required Mcp-Method header is absent`,
    );
  }
  checkName(headers, request);
}

function checkName(headers: IncomingHeaders, request: JsonRpcRequest): void {
  const source = NAME_HEADER_SOURCE.get(request.method);
  if (source === undefined) {
    return;
  }
  const value: Json | undefined = request.params?.[source];
  const header = headerOf(headers, "mcp-name");
  if (header === undefined) {
    if (typeof value !== "string") {
      return;
    }
    throw headerMismatch(
      "(missing)",
      `the body carries params.${source}="${quote(value)}" but the required Mcp-Name header is absent`,
    );
  }
  const decoded = decodeHeaderValue(header);
  if (decoded === null) {
    throw headerMismatch(header, "the Mcp-Name header carries an invalid Base64 sentinel value");
  }
  if (typeof value === "string" && decoded !== value) {
    throw headerMismatch(
      header,
      `the body carries params.${source}="${quote(value)}" but the Mcp-Name header names "${quote(decoded)}"`,
    );
  }
}
