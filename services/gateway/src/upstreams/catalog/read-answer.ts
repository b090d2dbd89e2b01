import { createParser } from "eventsource-parser";
import { isJsonObject, type JsonObject } from "../../domain/json.ts";
import { UpstreamError, type UpstreamResponse } from "../../domain/upstream.ts";

/** The longest answer that is read, in bytes; a page of tools with their schemas. */
const MAX_BYTES = 8 * 1024 * 1024;

/** The answer to one request out of a JSON body or an event stream; whatever else comes is passed over. */
export async function readAnswer(name: string, response: UpstreamResponse, id: number): Promise<JsonObject> {
  const found: JsonObject[] = [];
  const consider = (text: string) => {
    const value = parse(name, text);
    if (isJsonObject(value) && value["method"] === undefined && value["id"] === id) {
      found.push(value);
    }
  };
  const events = response.headers["content-type"]?.startsWith("text/event-stream") === true;
  const parser = createParser({ onEvent: ({ data }) => data !== "" && consider(data) });
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of response.body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) {
      throw new UpstreamError("upstream_garbage", `upstream "${name}" sent more than ${MAX_BYTES} bytes`);
    }
    const piece = decoder.decode(chunk, { stream: true });
    if (events) {
      parser.feed(piece);
    } else {
      text += piece;
    }
    if (found.length > 0) {
      break;
    }
  }
  if (!events) {
    consider(text);
  }
  const [answer] = found;
  if (answer === undefined) {
    throw new UpstreamError(
      "upstream_garbage",
      `upstream "${name}" answered ${response.status} without a JSON-RPC answer`,
    );
  }
  return answer;
}

function parse(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UpstreamError("upstream_garbage", `upstream "${name}" sent something that is not JSON`, {
      cause,
    });
  }
}
