import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * An MCP server that says as much as it can, by the tool that is called: `document`, one of 8 MiB; `small`, `medium` and
 * `large`, events without end of 200 bytes, 64 KiB and 8 MiB. A program of its own, so that its work is not counted
 * with that of who measures. Prints its address.
 */
const MiB = 1024 * 1024;

const json = (members: object) => JSON.stringify({ jsonrpc: "2.0", ...members });
const event = (size: number) =>
  Buffer.from(
    `data: ${json({ method: "notifications/message", params: { level: "info", data: "y".repeat(size) } })}\n\n`,
  );
const content = [{ type: "text", text: "x".repeat(8 * MiB) }];
const document = Buffer.from(json({ id: 1, result: { resultType: "complete", content } }));
const events: Readonly<Record<string, Buffer>> = {
  // Many in one piece, as a busy server's come.
  small: Buffer.concat(Array.from({ length: 100 }, () => event(200))),
  medium: event(64 * 1024),
  large: event(8 * MiB),
};

function flood(response: ServerResponse, piece: Buffer): void {
  const more = () => {
    if (!response.destroyed) {
      while (response.write(piece)) {}
    }
  };
  response.writeHead(200, { "content-type": "text/event-stream" }).on("drain", more);
  more();
}

const server = createServer((request, response) => {
  response.on("error", () => undefined);
  const piece = events[String(request.headers["mcp-name"])];
  request.resume().once("end", () => {
    if (piece === undefined) {
      response.writeHead(200, { "content-type": "application/json" }).end(document);
    } else {
      flood(response, piece);
    }
  });
});
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp\n`);
});
