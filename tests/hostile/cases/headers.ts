import fc, { type Arbitrary } from "fast-check";
import { PEER_SESSION_REVISIONS, PEER_STATELESS_REVISION } from "@sark/testkit";
import { CALLER_NAMES } from "../world/callers.ts";
import { mostly } from "./hostile-text.ts";

/** The one that has batches. */
const [, , BATCHING_REVISION] = PEER_SESSION_REVISIONS;

export type Header = readonly [name: string, value: string];

/** Text of a header as bytes of one character each: what a client may put there, and what it may not. */
const headerText: Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: "grapheme-ascii", maxLength: 30 }) },
  { weight: 1, arbitrary: fc.string({ unit: "binary-ascii", maxLength: 10 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom("\xe9\xff", "x".repeat(9_000), "a, b", '"', ";=;", "=?base64?b2tfZWNobw==?="),
  },
);

export const credentials: Arbitrary<readonly Header[]> = fc.oneof(
  { weight: 16, arbitrary: fc.constant([["Authorization", "Bearer {token:alice}"]] as const) },
  {
    weight: 6,
    arbitrary: fc
      .constantFrom(...CALLER_NAMES)
      .map((name) => [["Authorization", `Bearer {token:${name}}`]] as const),
  },
  { weight: 1, arbitrary: fc.constant([["X-API-Key", "{key}"]] as const) },
  { weight: 1, arbitrary: fc.constant([]) },
  {
    weight: 1,
    arbitrary: headerText.map((text) => [["Authorization", `Bearer ${text}`]] as const),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<readonly Header[]>(
      [
        ["Authorization", "Bearer {token:alice}"],
        ["X-API-Key", "{key}"],
      ],
      [
        ["Authorization", "Bearer {token:alice}"],
        ["Authorization", "Bearer {token:root}"],
      ],
      [["Authorization", "bearer  {token:alice}"]],
      [["Authorization", "Bearer {token:alice}{token:root}"]],
      [["Authorization", "Basic {token:alice}"]],
      [["Cookie", "token={token:alice}"]],
    ),
  },
);

export const host: Arbitrary<readonly Header[]> = mostly(
  30,
  fc.constant<readonly Header[]>([["Host", "localhost"]]),
  fc.constantFrom<readonly Header[]>(
    [["Host", "127.0.0.1:1"]],
    [["Host", "evil.example"]],
    [["Host", "localhost.evil.example"]],
    [["Host", "localhost@evil.example"]],
    [["Host", "localhost:80, evil.example"]],
    [["Host", ""]],
    [],
    [
      ["Host", "localhost"],
      ["Host", "localhost"],
    ],
  ),
);

/** Headers that mean something to the gateway, or to what stands in front of it. */
const NAMES = [
  "Accept",
  "Content-Type",
  "Content-Encoding",
  "Origin",
  "Expect",
  "Upgrade",
  "Connection",
  "TE",
  "Trailer",
  "Range",
  "If-None-Match",
  "Access-Control-Request-Method",
  "X-Forwarded-For",
  "X-Forwarded-Host",
  "X-HTTP-Method-Override",
  "X-Correlation-Id",
  "X-Original-URL",
  "traceparent",
  "tracestate",
  "baggage",
  "Mcp-Session-Id",
  "Mcp-Protocol-Version",
  "Mcp-Method",
  "Mcp-Name",
  "Mcp-Param-Path",
  "Mcp-Param-Limit",
  "Mcp-Param-__proto__",
  "Last-Event-ID",
  "Transfer_Encoding",
  "__proto__",
  "constructor",
] as const;

const VALUES = [
  "application/json",
  "text/event-stream",
  "*/*",
  "application/json; charset=utf-16",
  "gzip",
  "identity",
  "https://evil.example",
  "null",
  "http://localhost",
  "100-continue",
  "websocket",
  "keep-alive, Authorization",
  "trailers",
  "bytes=0-1",
  "POST",
  "/admin/v1/drain",
  BATCHING_REVISION,
  PEER_STATELESS_REVISION,
  "1999-01-01",
  "tools/call",
  "forbidden",
  "ok_echo",
  "{session:alice}",
  "{session:bob}",
  "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
  "0",
] as const;

/** A few further headers, or the same ones again. */
export const further: Arbitrary<readonly Header[]> = fc.oneof(
  { weight: 3, arbitrary: fc.constant([]) },
  {
    weight: 1,
    arbitrary: fc.array(
      fc.tuple(fc.constantFrom(...NAMES), mostly(3, fc.constantFrom<string>(...VALUES), headerText)),
      { minLength: 1, maxLength: 3 },
    ),
  },
);
