// A Splunk collector that is fast: it decompresses everything and counts events, and reads one request in fifty. It responds
// `delayMs` later, as over a network.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { serve } from "../serve.ts";

const LINE_BREAK = 10;
const SAMPLE = 50;
/** Most requests decompress in one piece. */
const CHUNK_BYTES = 128 * 1024;

await serve(async ({ token, delayMs }: { readonly token: string; readonly delayMs: number }) => {
  let requests = 0;
  let events = 0;

  function take(content: Buffer): void {
    let count = 1;
    for (let at = content.indexOf(LINE_BREAK); at !== -1; at = content.indexOf(LINE_BREAK, at + 1)) {
      count += 1;
    }
    if (requests % SAMPLE === 0) {
      read(content.toString("utf8"), count);
    }
    requests += 1;
    events += count;
  }

  const server = createServer((request, response) => {
    const respond = (status: number, body: object): void =>
      void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    if (request.method === "GET") {
      return respond(200, { events });
    }
    if (request.headers.authorization !== `Splunk ${token}`) {
      return respond(403, { text: "Invalid token", code: 4 });
    }
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      try {
        take(gunzipSync(Buffer.concat(chunks), { chunkSize: CHUNK_BYTES }));
        const accept = () => respond(200, { text: "Success", code: 0 });
        if (delayMs === 0) {
          accept();
        } else {
          setTimeout(accept, delayMs);
        }
      } catch (error) {
        respond(400, { text: String(error), code: 6 });
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { ready: { url: `http://127.0.0.1:${port}` }, close: async () => void server.close() };
});

/** Throws unless there are so many whole events, each with its record and its audit id. */
function read(text: string, count: number): void {
  const lines = text.split("\n").map((line) => JSON.parse(line) as Record<string, Record<string, unknown>>);
  if (lines.length !== count) {
    throw new Error("there are line breaks within events");
  }
  for (const { event, fields } of lines) {
    if (event?.["id"] === undefined || event["id"] !== fields?.["audit_id"]) {
      throw new Error("an event is not whole");
    }
  }
}
