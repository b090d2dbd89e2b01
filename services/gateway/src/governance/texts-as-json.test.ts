import type { JsonObject } from "@sark/json";
import { describe, expect, it } from "vitest";
import { textsAsJson } from "./texts-as-json.ts";

const schema: JsonObject = {
  properties: {
    text: { type: "string" },
    list: { anyOf: [{ type: "string" }, { type: "array" }] },
    map: { type: ["object", "string"] },
    any: {},
    maybe: { anyOf: [{ type: "string" }, { type: "null" }] },
  },
};
const read = (given: JsonObject) => textsAsJson(given, schema);

describe("textsAsJson", () => {
  it.each<[given: JsonObject, reading: JsonObject]>([
    [
      { list: '["a"]', text: "x" },
      { list: ["a"], text: "x" },
    ],
    [{ any: ' \n{"a":[1]}' }, { any: { a: [1] } }],
    [
      { map: '{"a":1}', list: "[]", any: 1 },
      { map: { a: 1 }, list: [], any: 1 },
    ],
    // Of these the SDK makes its None, which is what an argument is that was left out.
    [
      { maybe: "null", text: "x" },
      { maybe: null, text: "x" },
    ],
    [{ any: " null\n" }, { any: null }],
  ])("%j", (given, reading) => {
    expect(read(given)).toEqual(reading);
  });

  it.each<JsonObject>([
    { text: '["a"]' },
    // No other reading of these would be valid, or there is none.
    { list: '{"a":1}' },
    { map: "[1]" },
    { any: "[draft] of mine" },
    { any: "{{name}}" },
    { any: "12" },
    { any: "true" },
    { text: "null", list: "null" },
    { maybe: "NULL" },
    { any: "nullify" },
    { any: '"[]"' },
    // That SDK leaves alone what is in an argument, and what the tool does not have.
    { any: { a: "[1]" } },
    { list: ["[1]"] },
    { extra: "[1]" },
  ])("%j is as it was", (given) => {
    expect(read(given)).toBeNull();
  });

  it.each([
    '{"a":1,"a":2}',
    '{"a":1,"A":2}',
    "[NaN]",
    "[1, -Infinity]",
    "[1e999999]",
    "[".repeat(200) + "]".repeat(200),
  ])("%s may be read in more than one way", (text) => {
    expect(read({ any: text })).toBe("unknown");
  });

  it("has keys of prototypes for keys as any other", () => {
    const own = JSON.parse('{"__proto__":"[1]"}') as JsonObject;
    const named = JSON.parse('{"properties":{"__proto__":{}}}') as JsonObject;
    expect(JSON.stringify(textsAsJson(own, named))).toBe('{"__proto__":[1]}');
  });
});
