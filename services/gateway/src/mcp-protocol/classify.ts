import { Rejection } from "../mcp/errors/rejection.ts";
import { headerOf, type IncomingHeaders } from "../mcp/http-message.ts";
import type { ClientMessage } from "../mcp/request/message.ts";
import { checkPostAccept, checkSessionVersion } from "./rev-2025/header-rules.ts";
import {
  checkStatelessNotification,
  checkStatelessRequest,
  hasClaim,
  mismatch,
} from "./rev-2026/header-rules.ts";
import { allowsBatches, isStatelessRevision, type Era } from "./revisions.ts";

export interface Classification {
  readonly era: Era;
  /** A revision the gateway knows; `null` where a session's request does not name one. */
  readonly version: string | null;
}

/**
 * Which era a POST belongs to, judged by its body first and by its headers second, and whether it keeps that
 * era's rules. Throws a `Rejection`.
 */
export function classifyPost(
  headers: IncomingHeaders,
  messages: readonly ClientMessage[],
  batch: boolean,
): Classification {
  const header = headerOf(headers, "mcp-protocol-version");
  const statelessHeader = header !== undefined && isStatelessRevision(header);
  if (batch) {
    checkBatch(messages, header, statelessHeader);
    return sessionEra(headers, messages);
  }
  const [single] = messages;
  if (single === undefined) {
    throw new Rejection("invalid_message", "The body has no message.");
  }
  switch (single.type) {
    case "request": {
      const claimed = hasClaim(single.message);
      if (single.message.method === "initialize" && !claimed && statelessHeader) {
        throw mismatch(
          header,
          "an initialize request (session handshake) was sent with a stateless MCP-Protocol-Version header",
        );
      }
      if (!claimed && !statelessHeader) {
        return sessionEra(headers, messages);
      }
      return { era: "stateless", version: checkStatelessRequest(headers, single.message) };
    }
    case "notification":
      if (!hasClaim(single.message) && !statelessHeader) {
        return sessionEra(headers, messages);
      }
      return { era: "stateless", version: checkStatelessNotification(headers, single.message) };
    case "response":
      if (statelessHeader) {
        throw new Rejection("invalid_message", "Bad Request: this revision has no requests of the server.");
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
  return { era: "session", version: initializes ? null : checkSessionVersion(headers) };
}

function checkBatch(
  messages: readonly ClientMessage[],
  header: string | undefined,
  statelessHeader: boolean,
): void {
  const claimed = messages.some(({ type, message }) => type !== "response" && hasClaim(message));
  if (claimed || statelessHeader) {
    throw new Rejection(
      "batch_not_allowed",
      "Bad Request: JSON-RPC batches may not contain requests for protocol revision 2026-07-28 or later",
    );
  }
  if (!allowsBatches(header)) {
    throw new Rejection(
      "batch_not_allowed",
      `Bad Request: protocol revision ${header?.slice(0, 64)} has no JSON-RPC batches; send one message per request`,
    );
  }
}
