import { headerOf, type IncomingHeaders } from "./http/headers.ts";
import type { ClientMessage } from "./json-rpc/client-message.ts";
import { findRevision, isStatelessName, STATELESS_REVISIONS } from "./revisions.ts";
import type { Era, Revision } from "./rules/revision.ts";
import { headerMismatch, ProtocolViolation } from "./rules/violation.ts";
import { checkPostAccept, sessionRevision } from "./session-headers.ts";
import { hasClaim, statelessNotificationRevision, statelessRequestRevision } from "./stateless-claim.ts";

export interface Classification {
  readonly era: Era;
  /** `null` where a session's request does not name one. */
  readonly revision: Revision | null;
}

/**
 * The era and revision of a POST, by its body first and by its headers second, and whether it keeps that
 * revision's rules. Throws a `ProtocolViolation`.
 */
export function classifyPost(
  headers: IncomingHeaders,
  messages: readonly ClientMessage[],
  batch: boolean,
): Classification {
  const header = headerOf(headers, "mcp-protocol-version");
  const statelessHeader = isStatelessName(header);
  if (batch) {
    checkBatch(messages, header);
    return sessionEra(headers, messages);
  }
  const [single] = messages;
  if (single === undefined) {
    throw new ProtocolViolation("invalid_message", "The body has no message.");
  }
  switch (single.type) {
    case "request": {
      const claimed = hasClaim(single.message);
      if (single.message.method === "initialize" && !claimed && statelessHeader) {
        throw headerMismatch(
          header ?? "",
          "an initialize request (session handshake) was sent with a stateless MCP-Protocol-Version header",
        );
      }
      if (!claimed && !statelessHeader) {
        return sessionEra(headers, messages);
      }
      return { era: "stateless", revision: statelessRequestRevision(headers, single.message) };
    }
    case "notification":
      if (!hasClaim(single.message) && !statelessHeader) {
        return sessionEra(headers, messages);
      }
      return { era: "stateless", revision: statelessNotificationRevision(headers, single.message) };
    case "response":
      if (statelessHeader) {
        throw new ProtocolViolation(
          "invalid_message",
          "Bad Request: this revision has no requests of the server.",
        );
      }
      return sessionEra(headers, messages);
  }
}

function sessionEra(headers: IncomingHeaders, messages: readonly ClientMessage[]): Classification {
  checkPostAccept(headers);
  const initializes = messages.some(
    ({ type, message }) => type === "request" && message.method === "initialize",
  );
  // A client that starts anew negotiates in the body; what its header still says from before does not matter.
  return { era: "session", revision: initializes ? null : sessionRevision(headers) };
}

/** Without a version header batches are allowed: the revisions that have them have no such header. */
function checkBatch(messages: readonly ClientMessage[], header: string | undefined): void {
  const claimed = messages.some(({ type, message }) => type !== "response" && hasClaim(message));
  if (claimed || isStatelessName(header)) {
    throw new ProtocolViolation(
      "batch_not_allowed",
      `Bad Request: JSON-RPC batches may not contain requests for protocol revision ${STATELESS_REVISIONS.at(-1)} or later`,
    );
  }
  if (findRevision(header)?.batches === false) {
    throw new ProtocolViolation(
      "batch_not_allowed",
      `Bad Request: protocol revision ${header} has no JSON-RPC batches; send one message per request`,
    );
  }
}
