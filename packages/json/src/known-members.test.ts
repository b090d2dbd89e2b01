import { describe, expect, it } from "vitest";
import type { Json } from "./json-value.ts";
import { exactPlace, findLookAlike, place } from "./known-members.ts";

const INNER = place({ uri: null });
const KNOWN = place(
  { name: null, ref: INNER, items: INNER, _meta: null, map: place({}, { each: INNER }) },
  { having: { member: "role", is: place({ role: null, ref: place({ kind: null }) }) } },
);

const pathOf = (value: Json) => findLookAlike(value, KNOWN, "params")?.path ?? null;

describe("findLookAlike", () => {
  it.each<[Json, string | null]>([
    [{ name: "a", other: 1, ref: { uri: "x", Name: 1 }, _meta: { Name: 1 } }, null],
    [{ Name: "a" }, "params.Name"],
    [{ name: "a", NAME: "b" }, "params.NAME"],
    [{ meta: {} }, "params.meta"],
    [{ "nam\u0435": 1 }, null],
    [{ "nam\u0065\u200b": 1 }, "params.nameU+200B"],
    [{ ref: { URI: 1 } }, "params.ref.URI"],
    [{ items: [{ uri: 1 }, { Uri: 1 }] }, "params.items[1].Uri"],
    [{ map: { a: { uri: 1 }, b: { uRi: 1 } } }, "params.map.b.uRi"],
    [{ role: 1, Name: 1, ref: { URI: 1 } }, null],
    [{ role: 1, ref: { Kind: 1 } }, "params.ref.Kind"],
    [{ [`n${"\u200b".repeat(100)}ame`]: 1 }, `params.n${"U+200B".repeat(39)}…`],
    ["Name", null],
    [null, null],
  ])("finds in %j: %s", (value, path) => {
    expect(pathOf(value)).toBe(path);
  });

  it("tells members apart by what joins their words, where a place is exact", () => {
    const exact = exactPlace({ inputSchema: null });
    expect(findLookAlike({ input_schema: 1, "input-Schema": 1 }, exact, "tool")).toBeNull();
    expect(findLookAlike({ InputSchema: 1 }, exact, "tool")).toEqual({ path: "tool.InputSchema" });
  });
});
