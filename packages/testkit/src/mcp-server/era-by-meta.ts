import { PEER_SESSION_REVISIONS } from "../mcp-revisions.ts";

const FIELDS = ["protocolVersion", "clientCapabilities"].map((field) => `io.modelcontextprotocol/${field}`);
const SESSION_REVISIONS: readonly string[] = PEER_SESSION_REVISIONS;

/** What a request without a session is refused with; `status` is the HTTP one. */
export interface EraRefusal {
  readonly status: 400;
  readonly error: { readonly code: number; readonly message: string };
}

/**
 * The rule by which the example server of github.com/modelcontextprotocol/conformance tells the eras apart: a request
 * without a session is a stateless one as soon as it has a `_meta` or a version, `initialize` included, and then it
 * must have all that stateless ones have. A proxy that adds to `_meta` breaks every session there. `null` lets it pass.
 */
export function refuseByMeta(headers: Headers, body: unknown): EraRefusal | null {
  const version = headers.get("mcp-protocol-version");
  const meta = metaOf(body);
  if (headers.has("mcp-session-id") || (version === null && meta === null)) {
    return null;
  }
  if (meta === null && version !== null && SESSION_REVISIONS.includes(version)) {
    return null;
  }
  if (version === null) {
    return refusal(-32020, "Missing MCP-Protocol-Version header");
  }
  if (meta === null || FIELDS.some((field) => !meta[field])) {
    return refusal(-32602, "Invalid params: missing _meta or required fields");
  }
  return null;
}

function refusal(code: number, message: string): EraRefusal {
  return { status: 400, error: { code, message } };
}

function metaOf(body: unknown): Record<string, unknown> | null {
  const params = (body as { params?: unknown } | null)?.params;
  const meta = (params as { _meta?: unknown } | null | undefined)?._meta;
  return typeof meta === "object" && meta !== null ? (meta as Record<string, unknown>) : null;
}
