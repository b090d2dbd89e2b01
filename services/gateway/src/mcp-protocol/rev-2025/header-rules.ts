import { Rejection } from "../../mcp/errors/rejection.ts";
import { headerOf, type IncomingHeaders } from "../../mcp/http-message.ts";
import { acceptedForms } from "../accepted-forms.ts";
import { SESSION_REVISIONS } from "../revisions.ts";

/** The version header, which must be one that the gateway can judge; absent means 2025-03-26 or earlier. */
export function checkSessionVersion(headers: IncomingHeaders): string | null {
  const version = headerOf(headers, "mcp-protocol-version");
  if (version === undefined) {
    return null;
  }
  if (SESSION_REVISIONS.includes(version)) {
    return version;
  }
  const requested = version.slice(0, 64);
  throw new Rejection(
    "unsupported_version",
    `Bad Request: Unsupported protocol version: ${requested} (supported versions: ${SESSION_REVISIONS.join(", ")})`,
    { data: { supported: [...SESSION_REVISIONS], requested } },
  );
}

/** A POST may be answered by a document or by a stream, so the client must take both. */
export function checkPostAccept(headers: IncomingHeaders): void {
  const { json, events } = acceptedForms(headerOf(headers, "accept"));
  if (json && events) {
    return;
  }
  throw new Rejection(
    "not_acceptable",
    "Not Acceptable: Client must accept both application/json and text/event-stream",
  );
}

export function checkStreamAccept(headers: IncomingHeaders): void {
  if (acceptedForms(headerOf(headers, "accept")).events) {
    return;
  }
  throw new Rejection("not_acceptable", "Not Acceptable: Client must accept text/event-stream");
}
