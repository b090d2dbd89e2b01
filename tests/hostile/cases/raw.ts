import fc, { type Arbitrary } from "fast-check";
import type { CaseArbitrary, HostileCase } from "./case.ts";
import { mostly } from "./hostile-text.ts";
import { mcpCase } from "./mcp.ts";
import { restCase } from "./rest.ts";

const CALL = JSON.stringify({
  jsonrpc: "2.0",
  id: 1,
  method: "tools/call",
  params: { name: "ok_echo", arguments: { text: "hidden in another request" } },
});
const CHUNKS = `${CALL.length.toString(16)}\r\n${CALL}\r\n0\r\n\r\n`;
const OWN =
  "Authorization: Bearer {token:alice}\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n";
const WHOLE = `POST /mcp/loose HTTP/1.1\r\nHost: localhost\r\n${OWN}Content-Length: ${CALL.length}\r\n\r\n${CALL}`;

const START = [
  "POST /mcp/loose HTTP/1.1",
  "POST /mcp/loose HTTP/1.0",
  "POST /mcp/loose HTTP/2.0",
  "POST /mcp/loose HTTP/0.9",
  "POST /mcp/loose",
  "post /mcp/loose HTTP/1.1",
  "POST  /mcp/loose  HTTP/1.1",
  "POST http://localhost/mcp/loose HTTP/1.1",
  "POST http://evil.example/mcp/loose HTTP/1.1",
  "POST http://localhost#/mcp/loose HTTP/1.1",
  "POST http://localhost?/mcp/loose HTTP/1.1",
  "POST //localhost/mcp/loose HTTP/1.1",
  "POST /mcp/loose#x HTTP/1.1",
  "POST * HTTP/1.1",
  "OPTIONS * HTTP/1.1",
  "CONNECT localhost:80 HTTP/1.1",
  "CONNECT /mcp/loose HTTP/1.1",
  "GET /mcp/loose HTTP/1.1",
  "PRI * HTTP/2.0",
  "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
  "",
] as const;

const HEADS = [
  "",
  `Content-Length: ${CALL.length}\r\n`,
  `Content-Length: ${CALL.length}\r\nContent-Length: ${CALL.length}\r\n`,
  `Content-Length: ${CALL.length}, ${CALL.length}\r\n`,
  "Content-Length: 0\r\n",
  "Content-Length: 5\r\n",
  "Content-Length: -1\r\n",
  "Content-Length: +5\r\n",
  "Content-Length: 0x5\r\n",
  "Content-Length: 99999999999999999999\r\n",
  "Content-Length: 100001\r\n",
  "Content-Length:\r\n",
  `Content-Length : ${CALL.length}\r\n`,
  "Transfer-Encoding: chunked\r\n",
  "Transfer-Encoding: chunked, chunked\r\n",
  "Transfer-Encoding: gzip, chunked\r\n",
  "Transfer-Encoding: chunked, identity\r\n",
  "Transfer-Encoding: identity\r\n",
  "Transfer-Encoding: \tChunked \r\n",
  "Transfer-Encoding:\r\n chunked\r\n",
  "Transfer-Encoding: ,chunked\r\n",
  "Transfer_Encoding: chunked\r\n",
  "Expect: 100-continue\r\n",
  "Expect: 200-ok\r\n",
  "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQ\r\n",
  "Connection: Upgrade\r\nUpgrade: websocket\r\n",
  "Connection: close\r\n",
  "Connection: keep-alive, Authorization\r\n",
  "Host: evil.example\r\n",
  "Host: localhost\r\n",
  " folded\r\n",
  "X-A: b\n",
  "X-A: b\rX-B: c\r\n",
  "X-A: \0\r\n",
  "X-A\r\n",
  ": b\r\n",
  "X A: b\r\n",
  "a: b\r\n".repeat(100),
  "a:\r\n".repeat(3_900),
  `X-A: ${"x".repeat(16_300)}\r\n`,
] as const;

const BODIES = [
  "",
  CALL,
  CHUNKS,
  CHUNKS.replaceAll("\r\n", "\n"),
  CHUNKS.replace("\r\n", ';ext="\r\n"\r\n'),
  CHUNKS.replace("\r\n", `;${"e".repeat(20_000)}\r\n`),
  CHUNKS.replace(/\r\n$/, "Authorization: Bearer {token:root}\r\n\r\n"),
  CHUNKS.replace(/\r\n$/, `X: ${"y".repeat(20_000)}\r\n\r\n`),
  `0${CHUNKS}`,
  `0x${CHUNKS}`,
  `fffffffffffffffff\r\n${CALL}`,
  `-1\r\n${CALL}\r\n0\r\n\r\n`,
  "0\r\n\r\n",
  "5\r\nhello0\r\n\r\n",
  `${CALL}${WHOLE}`,
  `0\r\n\r\n${WHOLE}`,
] as const;

/** Heads that name an end of the request in more than one way, or in none, and other requests behind them. */
export const headCase: CaseArbitrary = fc
  .record({
    start: mostly<string>(3, START[0], fc.constantFrom(...START)),
    host: mostly(6, "Host: localhost\r\n", fc.constant("")),
    heads: fc.array(fc.constantFrom(...HEADS), { maxLength: 3 }),
    ownFirst: fc.boolean(),
    body: fc.constantFrom(...BODIES),
    behind: fc.constantFrom("", WHOLE, WHOLE + WHOLE, "\r\n\r\n", "\0"),
  })
  .map(({ start, host, heads, ownFirst, body, behind }) => {
    const lines = ownFirst ? OWN + heads.join("") : heads.join("") + OWN;
    return {
      kind: "head",
      pieces: [`${start}\r\n${host}${lines}\r\n${body}${behind}`],
      whole: false,
    } as const;
  });

const SPECIAL = [
  "\r\n",
  "\n",
  "\r",
  "\0",
  " ",
  "\t",
  ":",
  ",",
  ";",
  '"',
  "\\",
  "%",
  "\xff",
  "\r\n ",
  "\r\n\r\n",
  "0",
  "{",
  "}",
  "__proto__",
] as const;

interface Change {
  readonly at: number;
  readonly remove: number;
  readonly insert: string;
}

const change: Arbitrary<Change> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  remove: fc.constantFrom(0, 0, 1, 2, 10, 500),
  insert: fc.oneof(fc.constantFrom(...SPECIAL), fc.string({ unit: "binary-ascii", maxLength: 4 })),
});

function changed(text: string, { at, remove, insert }: Change): string {
  const place = Math.floor(at * text.length);
  return text.slice(0, place) + insert + text.slice(place + remove);
}

/** Any of the other requests with some of its bytes changed, in several pieces, and sometimes another one behind it. */
export const rawCase: CaseArbitrary = fc
  .record({
    one: fc.oneof(mcpCase, restCase, headCase),
    behind: mostly<HostileCase | null>(3, null, fc.oneof(mcpCase, headCase)),
    changes: fc.array(change, { maxLength: 3 }),
    cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 }),
  })
  .map(({ one, behind, changes, cuts }) => {
    const whole = [...one.pieces, ...(behind?.pieces ?? [])].join("");
    const text = changes.reduce(changed, whole);
    const places = cuts.map((cut) => Math.floor(cut * text.length)).toSorted((a, b) => a - b);
    const pieces = [0, ...places].map((from, at) => text.slice(from, places[at] ?? text.length));
    return { kind: "raw", pieces: pieces.filter((piece) => piece !== ""), whole: false } as const;
  });
