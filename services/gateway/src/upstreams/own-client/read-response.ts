import { parseJson } from "@sark/audit/json";
import { isJsonObject, type JsonObject, measureJson } from "@sark/json";
import type { JsonRpcId } from "../../domain/json-rpc.ts";
import { UpstreamError, type UpstreamResponse } from "../../domain/upstream.ts";
import { COMMENT, createEventParser } from "../../event-streams/event-parser.ts";
import { mediaType } from "../../mcp-protocol/http/headers.ts";

/** The longest response that is read, in bytes; a page of tools with their schemas. */
const MAX_BYTES = 8 * 1024 * 1024;
/** JSON values in it: parsing that many takes a tenth of a second, and all else waits meanwhile. */
const MAX_VALUES = 250_000;

/** Bytes that may still be read of a server's responses. */
export interface Room {
  bytes: number;
}

/** The response to one request out of a JSON body or an event stream; whatever else comes is passed over. */
export async function readResponse(
  name: string,
  response: UpstreamResponse,
  id: JsonRpcId,
  room: Room,
): Promise<JsonObject> {
  const allowed = Math.min(MAX_BYTES, room.bytes);
  const found: JsonObject[] = [];
  const consider = (text: string) => {
    const value = parse(name, text);
    if (isJsonObject(value) && value["method"] === undefined && value["id"] === id) {
      found.push(value);
    }
  };
  const events = mediaType(response.headers["content-type"]) === "text/event-stream";
  const parser = createEventParser(
    allowed,
    (message) => new UpstreamError("upstream_garbage", `upstream "${name}": ${message}`),
  );
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of response.body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    room.bytes -= chunk.length;
    if (bytes > allowed) {
      throw new UpstreamError("upstream_garbage", `upstream "${name}" sent more than ${allowed} bytes`);
    }
    if (events) {
      for (const event of parser.push(chunk)) {
        if (event !== COMMENT && event.isMessage && event.data !== null && event.data !== "") {
          consider(event.data);
        }
      }
    } else {
      text += decoder.decode(chunk, { stream: true });
    }
    if (found.length > 0) {
      break;
    }
  }
  if (!events) {
    consider(text);
  }
  const [message] = found;
  if (message === undefined) {
    throw new UpstreamError(
      "upstream_garbage",
      `upstream "${name}" responded with ${response.status} and no JSON-RPC response`,
    );
  }
  return message;
}

function parse(name: string, text: string): unknown {
  if (measureJson(text).values > MAX_VALUES) {
    throw new UpstreamError(
      "upstream_garbage",
      `upstream "${name}" sent more than ${MAX_VALUES} JSON values`,
    );
  }
  try {
    return parseJson(text, "any");
  } catch (cause) {
    throw new UpstreamError("upstream_garbage", `upstream "${name}" sent something that is not JSON`, {
      cause,
    });
  }
}
