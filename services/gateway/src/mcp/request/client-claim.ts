import { isJsonObject, type JsonObject } from "@sark/json";
import type { ClientClaim } from "../../domain/sessions.ts";
import type { ClientMessage } from "../../mcp-protocol/json-rpc/client-message.ts";
import { metaOf } from "../../mcp-protocol/json-rpc/guards.ts";
import { CLIENT_INFO_META_KEY } from "../../mcp-protocol/vocabulary/meta-keys.ts";

const MAX_LENGTH = 100;

/**
 * What a client says that it is: in `initialize`, or in the envelope of a stateless request. Cut to a bound and freed of
 * what steers terminals and log viewers. `null` where it says nothing.
 */
export function clientClaim(messages: readonly ClientMessage[]): ClientClaim | null {
  for (const { type, message } of messages) {
    if (type !== "request") {
      continue;
    }
    const info =
      message.method === "initialize"
        ? message.params?.["clientInfo"]
        : metaOf(message)?.[CLIENT_INFO_META_KEY];
    if (info !== undefined && isJsonObject(info)) {
      return { name: textOf(info, "name"), version: textOf(info, "version") };
    }
  }
  return null;
}

function textOf(info: JsonObject, field: string): string {
  const value = info[field];
  if (typeof value !== "string") {
    return "";
  }
  // Cut before it is searched, which is then bounded, too; and by characters, so that none is left in half.
  const start = Array.from(value.slice(0, 2 * MAX_LENGTH).toWellFormed()).slice(0, MAX_LENGTH);
  return start
    .join("")
    .replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, " ")
    .trim();
}
