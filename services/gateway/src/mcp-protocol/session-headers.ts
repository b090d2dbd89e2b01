import { acceptedForms } from "./http/accepted-forms.ts";
import { headerOf, type IncomingHeaders } from "./http/headers.ts";
import { findRevision, SESSION_REVISIONS } from "./revisions.ts";
import type { Revision } from "./rules/revision.ts";
import { ProtocolViolation } from "./rules/violation.ts";

/** The revision of the version header; `null` without one: the older revisions have no such header. */
export function sessionRevision(headers: IncomingHeaders): Revision | null {
  const version = headerOf(headers, "mcp-protocol-version");
  if (version === undefined) {
    return null;
  }
  const revision = findRevision(version);
  if (revision?.era === "session") {
    return revision;
  }
  const requested = version.slice(0, 64);
  throw new ProtocolViolation(
    "unsupported_version",
    `Bad Request: Unsupported protocol version: ${requested} (supported versions: ${SESSION_REVISIONS.join(", ")})`,
    { supported: [...SESSION_REVISIONS], requested },
  );
}

/** A POST gets a document or a stream, so the client must take both. */
export function checkPostAccept(headers: IncomingHeaders): void {
  const { json, events } = acceptedForms(headerOf(headers, "accept"));
  if (json && events) {
    return;
  }
  throw new ProtocolViolation(
    "not_acceptable",
    "Not Acceptable: Client must accept both application/json and text/event-stream",
  );
}

export function checkStreamAccept(headers: IncomingHeaders): void {
  if (acceptedForms(headerOf(headers, "accept")).events) {
    return;
  }
  throw new ProtocolViolation("not_acceptable", "Not Acceptable: Client must accept text/event-stream");
}
