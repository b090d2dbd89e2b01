import { describe, expect, it } from "vitest";
import { ask, bodyOf, requestOf } from "./testing/ask.ts";
import type { GovernorRules } from "./testing/governor.ts";
import { sessionGateway } from "./testing/session-gateway.ts";

describe("lists", () => {
  const list = (result: string) => `{"jsonrpc":"2.0","id":1,"result":${result}}`;
  const rules: GovernorRules = { hide: (target) => target.startsWith("hidden") };

  async function listed(result: string, method = "tools/list", asStream = false) {
    const { gateway } = await sessionGateway(
      () =>
        asStream
          ? {
              headers: { "content-type": "text/event-stream" },
              body: `id: 7\nevent: message\ndata: ${list(result)}\n\n`,
            }
          : { body: list(result) },
      { rules },
    );
    return bodyOf(await ask(gateway, { body: requestOf(1, method) }));
  }

  it("pass byte for byte when nothing is hidden", async () => {
    const result = '{ "tools" : [ {"name":"add","x":1.0} ], "nextCursor":"c\\u0031" }';
    expect(await listed(result)).toBe(list(result));
    const stream = await listed(result, "tools/list", true);
    expect(stream.replace(/\.[\w-]{22}$/m, "")).toBe(`event: message\nid: 7\ndata: ${list(result)}\n\n`);
  });

  it("lose what is hidden and nothing else", async () => {
    const result =
      '{"tools":[{"name":"hidden"},{"name":"add","n":12345678901234567890}],"nextCursor":"c","_meta":{"a":1.0}}';
    const filtered = '{"tools":[{"name":"add","n":12345678901234567890}],"nextCursor":"c","_meta":{"a":1.0}}';
    expect(JSON.parse(await listed(result))).toEqual(JSON.parse(list(filtered)));
    expect(await listed(result)).toContain(filtered);
    const stream = await listed(result, "tools/list", true);
    expect(stream).toMatch(/^event: message\nid: 7\.[\w-]{22}\ndata: /);
    expect(stream).toContain(filtered);
  });

  it.each([
    ["resources/list", "resources", "uri"],
    ["resources/templates/list", "resourceTemplates", "uriTemplate"],
    ["prompts/list", "prompts", "name"],
  ])("of %s are filtered by what names their entries", async (method, key, name) => {
    const entries = ["hidden://1", "seen://2"].map((value) => ({ [name]: value, name: "n", [name]: value }));
    const text = await listed(JSON.stringify({ [key]: entries }), method);
    expect(JSON.parse(text)).toMatchObject({ result: { [key]: [{ [name]: "seen://2" }] } });
    expect(text).not.toContain("hidden");
  });

  it("lose entries that have no name", async () => {
    expect(JSON.parse(await listed('{"tools":[{"name":1},null,"x",{"name":"add"}]}'))).toMatchObject({
      result: { tools: [{ name: "add" }] },
    });
  });

  it("are marked private, for they are made for one caller", async () => {
    const result = '{"tools":[{"name":"add"}],"cacheScope":"public","ttlMs":1000}';
    expect(JSON.parse(await listed(result))).toMatchObject({
      result: { tools: [{ name: "add" }], cacheScope: "private", ttlMs: 1000 },
    });
  });

  it("with the same key twice are not passed on", async () => {
    const text = await listed('{"tools":[{"name":"hidden"}],"tools":[]}');
    expect(text).not.toContain("hidden");
    expect(JSON.parse(text)).toMatchObject({ error: { data: { reason_code: "upstream_garbage" } } });
  });

  it.each([
    ["a list in capitals", '{"tools":[],"Tools":[{"name":"hidden"}]}'],
    ["another name of an entry", '{"tools":[{"name":"add","Name":"hidden"}]}'],
    [
      "another name of an entry, with a zero-width space",
      '{"tools":[{"name":"add","na\\u200bme":"hidden"}]}',
    ],
    ["a second result", '{"tools":[]},"Result":{"tools":[{"name":"hidden"}]}'],
    ["a second result with a long s", '{"tools":[]},"re\u017fult":{"tools":[{"name":"hidden"}]}'],
    ["a method beside the result", '{"tools":[{"name":"hidden"}]},"Method":"x"'],
  ])("with %s are not passed on, as readers that ignore case would see it", async (_what, result) => {
    const text = await listed(result);
    expect(text).not.toContain("hidden");
    expect(JSON.parse(text)).toMatchObject({ error: { data: { reason_code: "upstream_garbage" } } });
  });

  it("with half a character pass as they were sent, and the record says that it has none", async () => {
    const { gateway } = await sessionGateway(() => ({ body: list('{"content":["\\ud83d"]}') }));
    const response = await ask(gateway, { body: requestOf(1, "tools/call", { name: "add" }) });
    expect(await bodyOf(response)).toBe(list('{"content":["\\ud83d"]}'));
    expect(gateway.governor.calls("tools/call")[0]?.results).toMatchObject([
      { outcome: "ok", brokenUnicode: true, result: { content: ["\ud83d"] } },
    ]);
  });

  it("may have members beside those of the protocol", async () => {
    const result = '{"tools":[{"name":"add","input_schema":{},"Description":"x"}],"tools_":[]}';
    expect(await listed(result)).toBe(list(result));
  });

  it("that only look like lists in other results are left alone", async () => {
    const result = '{"tools":[{"name":"hidden"}],"content":[]}';
    const { gateway } = await sessionGateway(() => ({ body: list(result) }), { rules });
    expect(await bodyOf(await ask(gateway, { body: requestOf(1, "tools/call", { name: "add" }) }))).toBe(
      list(result),
    );
  });
});
