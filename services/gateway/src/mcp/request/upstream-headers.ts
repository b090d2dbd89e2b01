import { headerOf, type IncomingHeaders } from "../../mcp-protocol/http/headers.ts";
import type { BoundSession } from "../session/binding.ts";
import { acceptedForms } from "../../mcp-protocol/http/accepted-forms.ts";
import { TRACE_KEYS } from "../../mcp-protocol/vocabulary/meta-keys.ts";
import type { Era, Revision } from "../../mcp-protocol/rules/revision.ts";

/** What the headers of an upstream exchange are made from. */
export interface HeaderSource {
  readonly incoming: IncomingHeaders;
  readonly era: Era;
  /** That of the client's header, once it was checked. */
  readonly revision: Revision | null;
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
  const accept = headerOf(source.incoming, "accept");
  if (source.era === "stateless" && accept !== undefined) {
    headers["accept"] = upstreamAccept(accept);
  }
  return { ...headers, ...source.revision?.mirrors?.forwarded(source.incoming) };
}

/** The headers of a GET or DELETE. */
export function sessionHeaders(source: HeaderSource, lastEventId?: string): Record<string, string> {
  const headers: Record<string, string> = { accept: "text/event-stream", ...protocolHeaders(source) };
  if (lastEventId !== undefined) {
    headers["last-event-id"] = lastEventId;
  }
  return headers;
}

function protocolHeaders({ revision, session, traceContext }: HeaderSource): Record<string, string> {
  const headers: Record<string, string> = {};
  if (revision !== null) {
    headers["mcp-protocol-version"] = revision.name;
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

/** What the client takes, in the words that servers look for; they do not read wildcards and weights. */
function upstreamAccept(accept: string): string {
  const { json, events } = acceptedForms(accept);
  const types = [...(json ? [JSON_TYPE] : []), ...(events ? [EVENTS_TYPE] : [])];
  // It takes neither, and the server says so.
  return types.length === 0 ? accept : types.join(", ");
}
