import { headerOf, type IncomingHeaders } from "../http-message.ts";
import type { BoundSession } from "../session/binding.ts";
import { acceptedForms } from "../../mcp-protocol/accepted-forms.ts";
import { PARAM_HEADER_PREFIX } from "../../mcp-protocol/rev-2026/param-headers.ts";
import { NAME_HEADER_SOURCE } from "../../mcp-protocol/methods.ts";
import { TRACE_KEYS } from "../../mcp-protocol/meta-keys.ts";
import type { Era } from "../../mcp-protocol/revisions.ts";

/** What the headers of an upstream exchange are made from. */
export interface HeaderSource {
  readonly incoming: IncomingHeaders;
  readonly era: Era;
  /** The revision of the client's header, once it was checked. */
  readonly version: string | null;
  readonly session: BoundSession | null;
  readonly traceContext: Readonly<Record<string, string>>;
}

const JSON_TYPE = "application/json";
const EVENTS_TYPE = "text/event-stream";
const BOTH_TYPES = `${JSON_TYPE}, ${EVENTS_TYPE}`;

/**
 * The headers of a POST: chosen, not copied. Credentials, cookies, forwarding and hop-by-hop headers of the
 * caller have no way through.
 */
export function postHeaders(source: HeaderSource): Record<string, string> {
  const headers: Record<string, string> = {
    accept: BOTH_TYPES,
    "content-type": "application/json",
    ...protocolHeaders(source),
  };
  if (source.era === "stateless") {
    Object.assign(headers, statelessHeaders(source.incoming));
  }
  return headers;
}

/** The headers of a GET or DELETE. */
export function sessionHeaders(source: HeaderSource): Record<string, string> {
  const headers: Record<string, string> = { accept: "text/event-stream", ...protocolHeaders(source) };
  const lastEventId = headerOf(source.incoming, "last-event-id");
  if (lastEventId !== undefined) {
    headers["last-event-id"] = lastEventId;
  }
  return headers;
}

function protocolHeaders({ version, session, traceContext }: HeaderSource): Record<string, string> {
  const headers: Record<string, string> = {};
  if (version !== null) {
    headers["mcp-protocol-version"] = version;
  }
  if (session !== null) {
    headers["mcp-session-id"] = session.upstreamId;
  }
  for (const key of TRACE_KEYS) {
    const value = traceContext[key];
    if (value !== undefined) {
      headers[key] = value;
    }
  }
  return headers;
}

/** `Mcp-Method`, `Mcp-Name` and `Mcp-Param-*`, which were checked against the body. No others: what they say is not known. */
function statelessHeaders(incoming: IncomingHeaders): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of Object.keys(incoming)) {
    const isMirror = name === "mcp-method" || name === "mcp-name" || name.startsWith(PARAM_HEADER_PREFIX);
    const value = isMirror ? headerOf(incoming, name) : undefined;
    if (value !== undefined) {
      headers[name] = value;
    }
  }
  // Where the body names nothing there was nothing to check it against.
  if (!NAME_HEADER_SOURCE.has(headers["mcp-method"] ?? "")) {
    delete headers["mcp-name"];
  }
  if (headers["mcp-method"] !== "tools/call") {
    for (const name of Object.keys(headers)) {
      if (name.startsWith(PARAM_HEADER_PREFIX)) {
        delete headers[name];
      }
    }
  }
  const accept = headerOf(incoming, "accept");
  if (accept !== undefined) {
    headers["accept"] = upstreamAccept(accept);
  }
  return headers;
}

/** What the client takes, in the words that servers look for; they do not read wildcards and weights. */
function upstreamAccept(accept: string): string {
  const { json, events } = acceptedForms(accept);
  const types = [...(json ? [JSON_TYPE] : []), ...(events ? [EVENTS_TYPE] : [])];
  // It takes neither, and the server says so.
  return types.length === 0 ? accept : types.join(", ");
}
