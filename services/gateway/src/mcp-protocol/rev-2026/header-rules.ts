import type { JsonRpcNotification, JsonRpcRequest } from "../../domain/json-rpc.ts";
import { isJsonObject, type Json } from "../../domain/json.ts";
import { Rejection } from "../../mcp/errors/rejection.ts";
import { headerOf, type IncomingHeaders } from "../../mcp/http-message.ts";
import { VERSION_META_KEY } from "../meta-keys.ts";
import { NAME_HEADER_SOURCE } from "../methods.ts";
import { STATELESS_REVISIONS } from "../revisions.ts";
import { decodeHeaderValue } from "./header-value.ts";

/**
 * Whether headers and body of a 2026-07-28 request say the same thing: whoever routes or decides by one of them
 * must not be told another story by the other. Order of the checks, statuses, codes and data are those of the
 * official server. Returns the revision. Throws a `Rejection`.
 */
export function checkStatelessRequest(headers: IncomingHeaders, request: JsonRpcRequest): string {
  const version = headerOf(headers, "mcp-protocol-version");
  const claim = checkClaim(headers, request, version);
  if (version === undefined) {
    throw mismatch(
      "(missing)",
      `the body envelope names protocol version ${quote(claim)} but the required MCP-Protocol-Version header is absent`,
    );
  }
  if (headerOf(headers, "mcp-method") === undefined) {
    throw mismatch(
      "(missing)",
      `the body names method ${quote(request.method)} but the required Mcp-Method header is absent`,
    );
  }
  checkName(headers, request);
  return claim;
}

/** Notifications carry no envelope of their own, so the header counts; whatever they do carry must agree with it. */
export function checkStatelessNotification(
  headers: IncomingHeaders,
  notification: JsonRpcNotification,
): string {
  const version = headerOf(headers, "mcp-protocol-version");
  if (hasClaim(notification)) {
    return checkClaim(headers, notification, version);
  }
  checkMethod(headers, notification.method);
  return supported(version ?? "");
}

/** Does the message claim to be of a stateless revision, whether or not the claim is well-formed? */
export function hasClaim(message: JsonRpcRequest | JsonRpcNotification): boolean {
  const meta = message.params?.["_meta"];
  return isJsonObject(meta) && Object.hasOwn(meta, VERSION_META_KEY);
}

function checkClaim(
  headers: IncomingHeaders,
  message: JsonRpcRequest | JsonRpcNotification,
  version: string | undefined,
): string {
  const meta = message.params?.["_meta"];
  if (!isJsonObject(meta) || !Object.hasOwn(meta, VERSION_META_KEY)) {
    const missing = isJsonObject(meta) ? VERSION_META_KEY : "_meta";
    throw new Rejection(
      "missing_envelope",
      `Invalid params: the MCP-Protocol-Version header names protocol revision ${quote(version ?? "")}, but the ` +
        `request is missing the required per-request envelope key(s): ${missing}`,
      { data: { envelope: { missing: [missing] }, supported: [...STATELESS_REVISIONS] } },
    );
  }
  const claim = meta[VERSION_META_KEY];
  if (typeof claim !== "string") {
    throw new Rejection(
      "missing_envelope",
      `Invalid _meta envelope: ${VERSION_META_KEY}: expected a protocol version string`,
      { data: { envelope: { key: VERSION_META_KEY, problem: "expected a protocol version string" } } },
    );
  }
  if (version !== undefined && version !== claim) {
    throw mismatch(
      version,
      `the body envelope names protocol version ${quote(claim)} but the MCP-Protocol-Version header names ${quote(version)}`,
    );
  }
  checkMethod(headers, message.method);
  return supported(claim);
}

function checkMethod(headers: IncomingHeaders, method: string): void {
  const header = headerOf(headers, "mcp-method");
  if (header === undefined || header === method) {
    return;
  }
  throw mismatch(
    header,
    `the body names method ${quote(method)} but the Mcp-Method header names ${quote(header)}`,
  );
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
    throw mismatch(
      "(missing)",
      `the body carries params.${source}="${quote(value)}" but the required Mcp-Name header is absent`,
    );
  }
  const decoded = decodeHeaderValue(header);
  if (decoded === null) {
    throw mismatch(header, "the Mcp-Name header carries an invalid Base64 sentinel value");
  }
  if (typeof value === "string" && decoded !== value) {
    throw mismatch(
      header,
      `the body carries params.${source}="${quote(value)}" but the Mcp-Name header names "${quote(decoded)}"`,
    );
  }
}

function supported(claim: string): string {
  if (STATELESS_REVISIONS.includes(claim)) {
    return claim;
  }
  throw new Rejection("unsupported_revision", `Unsupported protocol version: ${quote(claim)}`, {
    data: { supported: [...STATELESS_REVISIONS], requested: quote(claim) },
  });
}

/** The specification's header mismatch; the official clients read `data.mismatch`. */
export function mismatch(header: string, body: string): Rejection {
  return new Rejection("header_mismatch", `Bad Request: the request headers and body disagree: ${body}`, {
    data: { mismatch: { header: quote(header), body } },
  });
}

/** What a caller wrote, short enough to be repeated to them. */
function quote(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`;
}
