import {
  isJsonObject,
  type JsonObject,
  editObject,
  findMember,
  type MemberChanges,
  skipBlank,
  valueEnd,
  type Range,
} from "@sark/json";
import type {
  JsonRpcId,
  JsonRpcNotification,
  JsonRpcRequest,
  JsonRpcResponse,
} from "../../../domain/json-rpc.ts";
import { metaOf } from "../../../mcp-protocol/json-rpc/guards.ts";
import { SUBSCRIPTION_ID_META_KEY } from "../../../mcp-protocol/vocabulary/meta-keys.ts";

// Each edits the text of one message and leaves the rest of it as it was written: values that are parsed and written
// anew would lose how their numbers were spelt.

/** A request under the id, and with the progress token, that the process is to know it by. */
export function withIds(text: string, message: JsonRpcRequest, id: number): string {
  const token = metaOf(message)?.["progressToken"];
  return edit(text, {
    id: () => JSON.stringify(id),
    ...(token === undefined
      ? {}
      : { params: within({ _meta: within({ progressToken: () => JSON.stringify(id) }) }) }),
  });
}

/** A notification in the words of the caller whose request it belongs to. */
export function restoreNotification(
  text: string,
  notification: JsonRpcNotification,
  id: JsonRpcId,
  token: JsonRpcId | null,
): string {
  const { method, params } = notification;
  const changes = {
    ...(method === "notifications/progress" && token !== null
      ? { progressToken: () => JSON.stringify(token) }
      : {}),
    ...subscriptionChange(params, id),
  };
  return Object.keys(changes).length === 0 ? text : edit(text, { params: within(changes) });
}

/** A response under the id that the caller gave its request. */
export function restoreResponse(text: string, response: JsonRpcResponse, id: JsonRpcId): string {
  const change = "error" in response ? {} : subscriptionChange(response.result, id);
  return edit(text, {
    id: () => JSON.stringify(id),
    ...(Object.keys(change).length === 0 ? {} : { result: within(change) }),
  });
}

/** A subscription is named by the id of the request that opened it. */
function subscriptionChange(holder: JsonObject | undefined, id: JsonRpcId): Changes {
  const meta = holder?.["_meta"];
  return isJsonObject(meta) && Object.hasOwn(meta, SUBSCRIPTION_ID_META_KEY)
    ? { _meta: within({ [SUBSCRIPTION_ID_META_KEY]: () => JSON.stringify(id) }) }
    : {};
}

/** Text of a member's new value, made from the text of the whole and where its old value stands. */
type Change = (text: string, range: Range | null) => string;
type Changes = Readonly<Record<string, Change>>;

function edit(text: string, changes: Changes): string {
  const start = skipBlank(text, 0);
  return within(changes)(text, { start, end: valueEnd(text, start) });
}

function within(changes: Changes): Change {
  return (text, range) => {
    if (range === null) {
      return within(changes)("{}", { start: 0, end: 2 });
    }
    const rendered: Record<string, string> = {};
    for (const [key, change] of Object.entries(changes)) {
      rendered[key] = change(text, findMember(text, range, key));
    }
    return editObject(text, range, rendered satisfies MemberChanges);
  };
}
