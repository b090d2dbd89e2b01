import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import fc, { type Arbitrary } from "fast-check";
import { PEER_SESSION_REVISIONS, PEER_STATELESS_REVISION } from "@sark/testkit";
import { SERVERS } from "../world/servers.ts";
import { TOOLS } from "../world/respond.ts";
import { writeRequest } from "../wire/request.ts";
import type { CaseArbitrary } from "./case.ts";
import { credentials, further, host, type Header } from "./headers.ts";
import { HOSTILE_TEXTS, hostileText, mostly } from "./hostile-text.ts";
import { argumentsText, jsonText, keyText, objectText, spelt } from "./json-text.ts";

const METHODS = [
  "initialize",
  "ping",
  "tools/list",
  "resources/read",
  "resources/subscribe",
  "prompts/get",
  "completion/complete",
  "subscriptions/listen",
  "server/discover",
  "tasks/get",
  "logging/setLevel",
  "notifications/initialized",
  "notifications/cancelled",
  "Tools/Call",
  "tools/call ",
  "tools\\/call",
  "rpc.discover",
  "x",
] as const;

const LOOK_ALIKES = [
  "ok_echo\u200b",
  "OK_ECHO",
  "ok_ech\u043e",
  " ok_echo",
  "ok_echo\u0000",
  "forbidden\u0000",
  "Forbidden",
];

const toolName: Arbitrary<string> = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...TOOLS, "ok_echo", "ok_echo") },
  { weight: 2, arbitrary: fc.constantFrom(...LOOK_ALIKES) },
  { weight: 1, arbitrary: hostileText },
);

const idText: Arbitrary<string> = mostly(
  8,
  fc.nat(1_000).map(String),
  fc.oneof(fc.constantFrom("null", "1.5", "-0", "1e3", "true", '"a"', "9007199254740993", "[1]"), jsonText),
);

type Era = "stateless" | "session" | "none";
const era: Arbitrary<Era> = fc.constantFrom<Era>("stateless", "stateless", "none", "session");

const VERSION_KEY = "io.modelcontextprotocol/protocolVersion";
const ENVELOPE = JSON.stringify({
  [VERSION_KEY]: PEER_STATELESS_REVISION,
  "io.modelcontextprotocol/clientInfo": { name: "fuzz", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": {},
});

interface Message {
  readonly text: string;
  readonly method: string;
  readonly name: string;
}

/** A message as text: its members, some of them twice or spelt otherwise, and some that do not belong there. */
function message(spoken: Era): Arbitrary<Message> {
  return fc
    .record({
      method: mostly(
        4,
        fc.constant<string>("tools/call"),
        fc.oneof(fc.constantFrom(...METHODS), hostileText),
      ),
      name: toolName,
      id: fc.option(idText, { freq: 12 }),
      args: mostly(6, argumentsText, jsonText),
      extra: rarely(fc.tuple(fc.oneof(keyText, memberKey), jsonText)),
      inner: rarely(fc.tuple(fc.oneof(keyText, memberKey), jsonText)),
      escaped: mostly(9, false, fc.constant(true)),
      params: fc.option(jsonText, { freq: 1, nil: null }).chain((odd) => mostly(12, null, fc.constant(odd))),
    })
    .map(({ method, name, id, args, extra, inner, escaped, params }) => {
      const key = (text: string): string => (escaped ? spelt(text) : JSON.stringify(text));
      const own: [string, string][] = [
        [key("name"), JSON.stringify(name)],
        [key("uri"), JSON.stringify(`file:///${name}`)],
        [key("arguments"), args],
        ...(spoken === "stateless" ? [[key("_meta"), ENVELOPE] as [string, string]] : []),
      ];
      const named = method === "resources/read" ? own.slice(1) : own.filter((_member, at) => at !== 1);
      const members: [string, string][] = [
        ['"jsonrpc"', '"2.0"'],
        ...(id === null ? [] : [['"id"', id] as [string, string]]),
        [key("method"), JSON.stringify(method)],
        [key("params"), params ?? objectText([...named, ...inner])],
        ...extra,
      ];
      return { text: objectText(members), method, name };
    });
}

const memberKey = fc.constantFrom(
  '"method"',
  '"params"',
  '"id"',
  '"name"',
  '"Name"',
  '"Method"',
  '"result"',
  '"jsonrpc"',
);

function rarely<T>(one: Arbitrary<T>): Arbitrary<readonly T[]> {
  return fc.oneof(
    { weight: 7, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(one, { minLength: 1, maxLength: 2 }) },
  );
}

/** A message, or several, or nearly one. */
const bodyText = (spoken: Era): Arbitrary<Message> =>
  fc.oneof(
    { weight: 12, arbitrary: message(spoken) },
    {
      weight: 2,
      arbitrary: fc
        .array(message(spoken), { maxLength: 5 })
        .map((all) => ({ method: "", name: "", text: `[${all.map(({ text }) => text).join(",")}]` })),
    },
    { weight: 1, arbitrary: jsonText.map((text) => ({ method: "", name: "", text })) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(
          message(spoken),
          fc.constantFrom("\ufeff", "//", " ", "\u00a0", "{}"),
          fc.constantFrom("", "\u0000", "{}", ",", "\n"),
        )
        .map(([one, before, after]) => ({ ...one, text: before + one.text + after })),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(message(spoken), fc.nat(60))
        .map(([one, cut]) => ({ ...one, text: one.text.slice(0, -cut - 1) })),
    },
  );

const PACKERS: Readonly<Record<string, (body: Buffer) => Buffer>> = {
  gzip: (body) => gzipSync(body),
  deflate: (body) => deflateSync(body),
  br: (body) => brotliCompressSync(body),
  "gzip, identity": (body) => gzipSync(body),
  // A lie.
  GZIP: (body) => body,
};

const encoding: Arbitrary<string | null> = mostly<string | null>(
  30,
  null,
  fc.constantFrom(...Object.keys(PACKERS)),
);

const server: Arbitrary<string> = mostly(
  12,
  fc.constantFrom(...SERVERS),
  fc.oneof(
    fc.constantFrom(...HOSTILE_TEXTS).map((text) => encodeURIComponent(text.toWellFormed())),
    fc.constantFrom(
      "LOOSE",
      "loose/",
      "loose//",
      "./loose",
      "x/../loose",
      "%6coose",
      "loose;a",
      "loose%2f",
      "piped?x=%ff",
      "loose?__proto__[a]=1",
    ),
  ),
);

/** POST, GET and DELETE of an MCP endpoint, in each revision, most of them nearly right. */
export const mcpCase: CaseArbitrary = era.chain((spoken) =>
  fc
    .record({
      method: mostly(
        10,
        fc.constant("POST"),
        fc.constantFrom("GET", "DELETE", "PUT", "PATCH", "OPTIONS", "TRACE"),
      ),
      server,
      credentials,
      host,
      further,
      message: bodyText(spoken),
      version: fc.constantFrom(...PEER_SESSION_REVISIONS),
      mirrored: mostly(9, true, fc.constant(false)),
      bad: mostly(20, false, fc.constant(true)),
      encoding,
      framing: fc.constantFrom("length" as const, "chunks" as const),
    })
    .map((made) => {
      const text = Buffer.from(made.message.text, "utf8");
      const plain = made.bad ? Buffer.concat([text, Buffer.from([0xc3, 0x28])]) : text;
      const body = made.encoding === null ? plain : (PACKERS[made.encoding]?.(plain) ?? plain);
      const headers: Header[] = [
        ...made.host,
        ...made.credentials,
        ["Accept", "application/json, text/event-stream"],
        ["Content-Type", "application/json"],
        ...(made.encoding === null ? [] : [["Content-Encoding", made.encoding] as const]),
        ...versionHeaders(spoken, made.version, made.message, made.mirrored),
        ...made.further,
      ];
      const { method, framing } = made;
      const request = {
        method,
        target: `/mcp/${made.server}`,
        headers,
        body: method === "POST" ? body : null,
        framing,
      };
      return {
        kind: "mcp",
        pieces: [writeRequest(request).toString("latin1")],
        whole: isWhole(headers),
      } as const;
    }),
);

/** What the revision wants in headers: the same as the body says, unless `mirrored` is false. */
function versionHeaders(
  spoken: Era,
  version: string,
  { method, name }: Message,
  mirrored: boolean,
): readonly Header[] {
  if (spoken === "none") {
    return [];
  }
  if (spoken === "session") {
    return [
      ["MCP-Protocol-Version", version],
      ["Mcp-Session-Id", mirrored ? "{session:alice}" : "{session:bob}"],
    ];
  }
  const named = JSON.stringify(name);
  const plain = /^"[\x21-\x7e]+"$/.test(named) ? name : `=?base64?${Buffer.from(name).toString("base64")}?=`;
  return [
    ["MCP-Protocol-Version", PEER_STATELESS_REVISION],
    ["Mcp-Method", mirrored ? headerSafe(method) : "ping"],
    ["Mcp-Name", mirrored ? plain : "ok_echo"],
  ];
}

function headerSafe(text: string): string {
  return /^[\x21-\x7e]{1,200}$/.test(text) ? text : "x";
}

/** Whether these say nothing else of the end of the request, so that a response to it can be waited for. */
export function isWhole(headers: readonly Header[]): boolean {
  return headers.every(
    ([name, value]) =>
      /^[\t\x20-\x7e\x80-\xff]*$/.test(value) &&
      !/^(?:Connection|Expect|Upgrade|Transfer_Encoding|Trailer)$/i.test(name),
  );
}
