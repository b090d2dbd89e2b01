import { Readable } from "node:stream";
import { expect, it } from "vitest";
import { readResponse } from "./read-response.ts";

const RESPONSE = { jsonrpc: "2.0", id: 7, result: { tools: [] } };
const DATA = `data: ${JSON.stringify(RESPONSE)}\n\n`;

function read(type: string, ...chunks: (string | Buffer)[]) {
  const body = Readable.from(chunks.map((chunk) => Buffer.from(chunk)));
  return readResponse("tools", { status: 200, headers: { "content-type": type }, body }, 7, { bytes: 1_000 });
}

it("reads a response from JSON, and from a stream of which it is one event", async () => {
  expect(await read("application/json", JSON.stringify(RESPONSE))).toEqual(RESPONSE);
  const others =
    ': hello\n\nid: 1\ndata:\n\nevent: message\ndata: {"jsonrpc":"2.0","method":"ping","id":7}\n\n';
  expect(await read("text/event-stream", others, DATA.slice(0, 9), DATA.slice(9))).toEqual(RESPONSE);
});

it.each<[what: string, type: string, chunks: (string | Buffer)[], message: RegExp]>([
  [
    "an event that clients take no message from",
    "text/event-stream",
    [`event: other\n${DATA}`],
    /no JSON-RPC response/,
  ],
  ["an event that does not end", "text/event-stream", [DATA.trimEnd()], /no JSON-RPC response/],
  [
    "bytes that are no UTF-8",
    "text/event-stream",
    [Buffer.from(DATA.replace("tools", "t\xffols"), "latin1")],
    /upstream "tools": An event is not UTF-8/,
  ],
  [
    "an event that is too large",
    "text/event-stream",
    [`data: ${"x".repeat(999)}`],
    /larger|more than 1000 bytes/,
  ],
  ["a body that is too large", "application/json", ["x".repeat(1_001)], /more than 1000 bytes/],
  ["no JSON", "text/event-stream", ["data: {\n\n"], /not JSON/],
])("takes none from %s", async (_what, type, chunks, message) => {
  await expect(read(type, ...chunks)).rejects.toMatchObject({
    code: "upstream_garbage",
    message: expect.stringMatching(message) as string,
  });
});
