import type { HostileCase } from "./case.ts";

const HEAD =
  "POST /mcp/loose HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token:alice}\r\nContent-Type: application/json\r\n";

const UNFINISHED = [
  "P",
  "POST /mcp/loose HTTP/1.1\r\n",
  HEAD,
  `${HEAD}Content-Length: 100\r\n\r\n`,
  `${HEAD}Content-Length: 100\r\n\r\n{"jsonrpc"`,
  `${HEAD}Transfer-Encoding: chunked\r\n\r\n`,
  `${HEAD}Transfer-Encoding: chunked\r\n\r\nffff\r\n{"jsonrpc"`,
  `${HEAD}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX-Trailer: a`,
  `${HEAD}Expect: 100-continue\r\nContent-Length: 100\r\n\r\n`,
] as const;

/** Requests whose client never sends the rest: the gateway has to end their connections. */
export function slowCases(): readonly HostileCase[] {
  return UNFINISHED.map((text) => ({ kind: "raw", pieces: [text], whole: false }));
}
