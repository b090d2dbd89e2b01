import type { JsonRpcNotification, JsonRpcRequest } from "../domain/json-rpc.ts";
import { isJsonObject } from "@sark/json";
import { headerOf, type IncomingHeaders } from "./http/headers.ts";
import { findRevision, OWN_STATELESS_REVISION, STATELESS_REVISIONS } from "./revisions.ts";
import type { Revision } from "./rules/revision.ts";
import { headerMismatch, ProtocolViolation, quote } from "./rules/violation.ts";
import { VERSION_META_KEY } from "./vocabulary/meta-keys.ts";

/** Whether the message claims to be of a stateless revision, well-formed or not. */
export function hasClaim(message: JsonRpcRequest | JsonRpcNotification): boolean {
  const meta = message.params?.["_meta"];
  return isJsonObject(meta) && Object.hasOwn(meta, VERSION_META_KEY);
}

/**
 * The revision of a stateless request, whose headers and body must say the same: what routes or decides by one of them
 * must not be told another story by the other. Order of the checks, statuses, codes and data are those of the official
 * server. Throws a `ProtocolViolation`.
 */
export function statelessRequestRevision(headers: IncomingHeaders, request: JsonRpcRequest): Revision {
  const revision = claimedRevision(headers, request);
  if (headerOf(headers, "mcp-protocol-version") === undefined) {
    throw headerMismatch(
      "(missing)",
      `the body envelope names protocol version ${revision.name} but the required MCP-Protocol-Version header is absent`,
    );
  }
  revision.mirrors?.checkRequest(headers, request);
  return revision;
}

/** Notifications need no envelope, so the header counts; an envelope that they have must agree with it. */
export function statelessNotificationRevision(
  headers: IncomingHeaders,
  notification: JsonRpcNotification,
): Revision {
  if (hasClaim(notification)) {
    return claimedRevision(headers, notification);
  }
  checkMethod(headers, notification.method);
  return spoken(headerOf(headers, "mcp-protocol-version") ?? "");
}

function claimedRevision(headers: IncomingHeaders, message: JsonRpcRequest | JsonRpcNotification): Revision {
  const version = headerOf(headers, "mcp-protocol-version");
  const meta = message.params?.["_meta"];
  if (!isJsonObject(meta) || !Object.hasOwn(meta, VERSION_META_KEY)) {
    const missing = isJsonObject(meta) ? VERSION_META_KEY : "_meta";
    throw new ProtocolViolation(
      "missing_envelope",
      `Invalid params: the MCP-Protocol-Version header names protocol revision ${quote(version ?? "")}, but the ` +
        `request is missing the required per-request envelope key(s): ${missing}`,
      { envelope: { missing: [missing] }, supported: [...STATELESS_REVISIONS] },
    );
  }
  const claim = meta[VERSION_META_KEY];
  if (typeof claim !== "string") {
    const problem = "expected a protocol version string";
    throw new ProtocolViolation(
      "missing_envelope",
      `Invalid _meta envelope: ${VERSION_META_KEY}: ${problem}`,
      { envelope: { key: VERSION_META_KEY, problem } },
    );
  }
  if (version !== undefined && version !== claim) {
    throw headerMismatch(
      version,
      `the body envelope names protocol version ${quote(claim)} but the MCP-Protocol-Version header names ${quote(version)}`,
    );
  }
  checkMethod(headers, message.method);
  return spoken(claim);
}

/** Before the revision is known to be spoken, as the official server does: by the rules of the newest one. */
function checkMethod(headers: IncomingHeaders, method: string): void {
  OWN_STATELESS_REVISION.mirrors?.checkMethod(headers, method);
}

function spoken(claim: string): Revision {
  const revision = findRevision(claim);
  if (revision?.era === "stateless") {
    return revision;
  }
  throw new ProtocolViolation("unsupported_revision", `Unsupported protocol version: ${quote(claim)}`, {
    supported: [...STATELESS_REVISIONS],
    requested: quote(claim),
  });
}
