import { gzipSync } from "node:zlib";
import { JSON_TYPE, response, sseEvent, SSE_TYPE, type Behaviour } from "./behaviour.ts";

/** Complete HTTP responses that are wrong. */
export const responses = {
  "not-json": ({ res }) => void res.writeHead(200, JSON_TYPE).end("well done, but not JSON"),
  "not-json-rpc": ({ res }) => void res.writeHead(200, JSON_TYPE).end('{"well":"done"}'),
  "empty-body": ({ res }) => void res.writeHead(200, JSON_TYPE).end(),
  "wrong-id": ({ res, message }) =>
    void res.writeHead(200, JSON_TYPE).end(response(`not-${String(message.id)}`)),
  "two-responses": ({ res, message }) => {
    const both = sseEvent(response(message.id, "first")) + sseEvent(response(message.id, "second"));
    res.writeHead(200, SSE_TYPE).end(both);
  },
  "duplicate-keys": ({ res, message }) => {
    const text = response(message.id);
    res.writeHead(200, JSON_TYPE).end(`${text.slice(0, -1)},"id":"another","result":{"content":[]}}`);
  },
  "invalid-utf8": ({ res, message }) => {
    const [before = "", after = ""] = response(message.id, "|").split("|");
    const bytes = Buffer.concat([Buffer.from(before), Buffer.from([0xc3, 0x28, 0xff]), Buffer.from(after)]);
    res.writeHead(200, JSON_TYPE).end(bytes);
  },
  "html-500": ({ res }) =>
    void res
      .writeHead(500, { "content-type": "text/html" })
      .end("<html><h1>Internal Server Error</h1></html>"),
  redirect: ({ res }) => void res.writeHead(307, { location: "http://127.0.0.1:1/elsewhere" }).end(),
  "wrong-content-type": ({ res, message }) =>
    void res.writeHead(200, { "content-type": "text/plain" }).end(response(message.id)),
  compressed: ({ res, message }) =>
    void res.writeHead(200, { ...JSON_TYPE, "content-encoding": "gzip" }).end(gzipSync(response(message.id))),
  "many-headers": ({ res, message }) => {
    // Just below the 16 KiB at which Node's own parser gives up.
    for (let n = 0; n < 300; n++) {
      res.setHeader(`x-header-${n}`, "v".repeat(20));
    }
    res.writeHead(200, JSON_TYPE).end(response(message.id));
  },
  "oversize-headers": ({ res, message }) => {
    for (let n = 0; n < 300; n++) {
      res.setHeader(`x-header-${n}`, "v".repeat(1_000));
    }
    res.writeHead(200, JSON_TYPE).end(response(message.id));
  },
  "sse-without-response": ({ res }) => void res.writeHead(200, SSE_TYPE).end(": nothing to say\n\n"),
  "sse-garbage": ({ res }) => void res.writeHead(200, SSE_TYPE).end(sseEvent("{not json")),
} satisfies Record<string, Behaviour>;
