import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ask, bodyOf } from "./testing/ask.ts";
import { connectClient } from "./testing/connect-client.ts";
import { looseReadings, type Seen } from "./testing/loose-readings.ts";
import { scriptedUpstream } from "./testing/scripted-upstream.ts";
import { startGateway, type TestGateway } from "./testing/start-gateway.ts";

/** What is said to hide a tool, with the id of the request in place of ID. */
const TOOL = (name: string) => `{"name":"${name}","inputSchema":{"type":"object"}}`;
const LIST = `{"jsonrpc":"2.0","id":ID,"result":{"tools":[${TOOL("hidden")},${TOOL("add")}]}}`;
const ONLY_ADD = `{"jsonrpc":"2.0","id":ID,"result":{"tools":[${TOOL("add")}]}}`;
const PRETTY = JSON.stringify(JSON.parse(LIST.replace("ID", "0")), null, 2).replace('"id": 0', '"id": ID');
const inLines = (json: string, end: string) =>
  json
    .split("\n")
    .map((line) => `data: ${line}${end}`)
    .join("");

/** Whether the client is to get the list (without what is hidden) or an error; nothing else is allowed. */
type Comes = "list" | "error";
const STREAMS: Readonly<Record<string, readonly [stream: string | Buffer, comes: Comes]>> = {
  "a type that is taken back": [`event: x\nevent:\ndata: ${LIST}\n\n`, "list"],
  "a type that is taken back without a colon": [`event: x\nevent\ndata: ${LIST}\n\n`, "list"],
  "another type": [`event: x\ndata: ${LIST}\n\n`, "error"],
  "another type before the list": [`event: x\ndata: ${LIST}\n\ndata: ${ONLY_ADD}\n\n`, "list"],
  "another type after the list": [`data: ${ONLY_ADD}\n\nevent: x\ndata: ${LIST}\n\n`, "list"],
  "a type in capitals": [`Event: x\nEVENT: y\ndata: ${LIST}\n\n`, "list"],
  "a type with a blank": [`event: message \ndata: ${LIST}\n\n`, "error"],
  "data in capitals": [`Data: ${LIST}\ndata: ${ONLY_ADD}\n\n`, "list"],
  "data with a blank before it": [` data: ${LIST}\ndata: ${ONLY_ADD}\n\n`, "list"],
  "pretty-printed": [`${inLines(PRETTY, "\n")}\n`, "list"],
  "pretty-printed, CRLF": [`${inLines(PRETTY, "\r\n")}\r\n`, "list"],
  "pretty-printed, CR": [`${inLines(PRETTY, "\r")}\r`, "list"],
  "pretty-printed with lines between": [inLines(PRETTY, "\n: x\nfoo: bar\nid: 1\nevent:\n") + "\n", "list"],
  "a CR that ends a line": [`data: ${ONLY_ADD}\rdata: \r\rdata: ${LIST}\n\n`, "list"],
  "a CR that only some read as a line end": [`: x\rdata: ${LIST}\r\n\n`, "list"],
  "line ends of Unicode in a comment": [
    `: x\u2028data: ${LIST}\u2028\u2028\n\ndata: ${ONLY_ADD}\n\n`,
    "list",
  ],
  "line ends of Unicode in a field": [`x: \u0085data: ${LIST}\u0085\u0085\n\ndata: ${ONLY_ADD}\n\n`, "list"],
  "line ends of Unicode in an id": [`id: 1\u2029data: ${LIST}\u2029\u2029\n\ndata: ${ONLY_ADD}\n\n`, "list"],
  "line ends of Python in a type": [`event: \vdata: ${LIST}\f\x1c\n\ndata: ${ONLY_ADD}\n\n`, "list"],
  "line ends of Unicode in a text": [
    `data: ${ONLY_ADD.replace('"add"', `"add","description":"\u2028data: ${LIST.replaceAll('"', '\\"')}\u2028\u2028"`)}\n\n`,
    "list",
  ],
  "line ends of Unicode in the data": [`data: ${ONLY_ADD}\u2028data: ${LIST}\n\n`, "error"],
  "a byte order mark at the start": [`\ufeffdata: ${LIST}\n\n`, "list"],
  "a byte order mark later": [`data: {"jsonrpc":"2.0","method":"x"}\n\n\ufeffdata: ${LIST}\n\n`, "error"],
  "a byte order mark in the data": [`data: \ufeff${LIST}\n\n`, "error"],
  "no blank line at the end": [`data: ${LIST}\n`, "error"],
  "no line end at the end": [`data: ${LIST}`, "error"],
  "two messages on two lines": [`data: ${ONLY_ADD}\ndata: ${LIST}\n\n`, "error"],
  "a list after the list": [`data: ${ONLY_ADD}\n\ndata: ${LIST}\n\n`, "list"],
  "a method beside the list": [`data: ${LIST.replace('"result"', '"method":"ping","result"')}\n\n`, "error"],
  "a null method beside it": [`data: ${LIST.replace('"result"', '"method":null,"result"')}\n\n`, "error"],
  "an error beside the list": [
    `data: ${LIST.replace('"result"', '"error":{"code":1,"message":"x"},"result"')}\n\n`,
    "error",
  ],
  "parameters beside the list": [`data: ${LIST.replace('"result"', '"params":{},"result"')}\n\n`, "error"],
  "the list twice": [`data: ${LIST.replace('"result"', '"result":{},"result"')}\n\n`, "error"],
  "the list twice, escaped": [`data: ${LIST.replace('"result"', '"resul\\u0074":{},"result"')}\n\n`, "error"],
  "a list in capitals beside it": [`data: ${LIST.replace('"tools"', `"tools":[],"Tools"`)}\n\n`, "error"],
  "a list that folds to it beside it": [
    `data: ${LIST.replace('"tools"', `"tools":[],"toolſ"`)}\n\n`,
    "error",
  ],
  "a list with something invisible beside it": [
    `data: ${LIST.replace('"tools"', `"tools":[],"tools\u200b"`)}\n\n`,
    "error",
  ],
  "a name in capitals beside one": [
    `data: ${ONLY_ADD.replace('"name"', '"Name":"hidden","name"')}\n\n`,
    "error",
  ],
  "a result in capitals": [`data: ${LIST.replace('"result"', '"Result"')}\n\n`, "error"],
  "no version": [`data: ${LIST.replace('"jsonrpc":"2.0",', "")}\n\n`, "error"],
  "another version": [`data: ${LIST.replace("2.0", "2.00")}\n\n`, "error"],
  "a batch": [`data: [${LIST}]\n\n`, "error"],
  "a list that is an object": [
    `data: ${LIST.replace("[", '{"0":').replace(/,\{"name":"add".*$/, "}}}")}\n\n`,
    "error",
  ],
  "an id that is rounded": [`data: ${LIST.replace("ID", "ID.0")}\n\n`, "error"],
  "half a character": [Buffer.from(`data: ${LIST.replace("hidden", "hidden\xe2")}\n\n`, "latin1"), "error"],
  "a result that clients drop": [`data: ${ONLY_ADD.replace('"tools"', '"_meta":"x","tools"')}\n\n`, "error"],
  NUL: [`data: ${LIST}\0\n\n`, "error"],
};
const WAYS = ["read as it comes", "taken in one piece"] as const;
const CASES = WAYS.flatMap((way) => Object.keys(STREAMS).map((name) => [name, way] as const));

let gateway: TestGateway;

beforeAll(async () => {
  const upstreams = Object.fromEntries(
    CASES.map(([name, way], index) => [
      `s${index}`,
      scriptedUpstream(`s${index}`, ({ message }) => {
        const [stream] = STREAMS[name] ?? [""];
        const { id, method } = message;
        if (method === "initialize") {
          const result = {
            protocolVersion: "2025-11-25",
            capabilities: { tools: {} },
            serverInfo: { name: "hostile", version: "1" },
          };
          return {
            headers: { "mcp-session-id": "up" },
            body: JSON.stringify({ jsonrpc: "2.0", id, result }),
          };
        }
        if (method !== "tools/list") {
          return { status: 405 };
        }
        const text = stream.toString("latin1").replaceAll("ID", JSON.stringify(id));
        const body =
          typeof stream === "string"
            ? stream.replaceAll("ID", JSON.stringify(id))
            : Buffer.from(text, "latin1");
        const headers = { "content-type": "text/event-stream" };
        return { headers, body, inOnePiece: way === "taken in one piece" };
      }),
    ]),
  );
  gateway = await startGateway({ upstreams, rules: { hide: (target) => target.startsWith("hidden") } });
});
afterAll(() => gateway.close());

const recorded = (server: string) =>
  gateway.governor.decided
    .filter(({ call }) => call.server === server && call.method === "tools/list")
    .map(({ results }) => results.map(({ outcome }) => outcome));

describe.each(CASES)("a stream with %s, %s", (name, way) => {
  const server = `s${CASES.findIndex(([one, other]) => one === name && other === way)}`;
  const comes = STREAMS[name]?.[1];

  it("[AUD-1] [GTW-12] shows nothing hidden to any reader, and the record says what came of it", async () => {
    const body = { jsonrpc: "2.0", id: 1, method: "tools/list" };
    const headers = { "mcp-protocol-version": "2025-11-25" };
    const text = await bodyOf(await ask(gateway, { server, body, headers }));
    // A text may quote anything; what counts is that no reader finds a message in it.
    for (const seen of looseReadings(text)) {
      expect(seen.flatMap(toolsOf)).toEqual(comes === "list" ? ["add"] : []);
      expect(seen.filter(({ error }) => error !== undefined)).toHaveLength(comes === "list" ? 0 : 1);
    }
    expect(recorded(server).at(-1)).toEqual([comes === "list" ? "ok" : "upstream_error"]);
  });

  it.each(["v1", "v2 with sessions"] as const)(
    "comes to the same with the official client %s",
    async (kind) => {
      const client = await connectClient(kind, gateway.url(server));
      const listed = client.tools();
      if (comes === "list") {
        expect(await listed).toEqual(["add"]);
      } else {
        await expect(listed).rejects.toMatchObject({ code: -32603 });
      }
      expect(recorded(server).at(-1)).toEqual([comes === "list" ? "ok" : "upstream_error"]);
      await client.close();
    },
  );
});

/** Tools by any member that some reader takes for the list. */
function toolsOf(message: Seen): unknown[] {
  return Object.entries(message)
    .filter(([key]) => key.toLowerCase() === "result")
    .flatMap(([, result]) => Object.entries(result as Seen))
    .filter(([key]) => key.normalize("NFKC").toLowerCase().startsWith("tool"))
    .flatMap(([, tools]) => Object.values(tools as Seen[]).map((tool) => tool["name"] ?? tool["Name"]));
}
