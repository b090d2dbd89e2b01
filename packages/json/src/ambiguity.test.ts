import { longestBlock, unitOfWork } from "@sark/testkit";
import { describe, expect, it } from "vitest";
import type { Json } from "./json-value.ts";
import { findAmbiguity } from "./ambiguity.ts";

const kindOf = (text: string) => findAmbiguity(JSON.parse(text) as Json, text)?.kind ?? null;

describe("findAmbiguity", () => {
  it.each<[string, string, string | null]>([
    ["nothing odd", '{"a":1,"b":[{"a":"\\ud83d\\ude00"}],"user_id":1,"userId":2}', null],
    ["the same key in two objects", '{"a":{"x":1},"b":{"X":1}}', null],
    ["accents", '{"resume":1,"r\u00e9sum\u00e9":2}', null],
    ["keys that differ by case", '{"a":[0,{"account":1,"Account":2}]}', "similar_keys"],
    ["keys that differ by normal form", '{"caf\u00e9":1,"cafe\u0301":2}', "similar_keys"],
    ["keys that differ by an escape of an invisible character", '{"a":1,"a\\u200b":2}', "similar_keys"],
    ["an empty key and an invisible one", '{"":1,"\u2060":2}', "similar_keys"],
    ["a key of marks without end", `{"${"\u0301\u0323".repeat(200)}":1}`, "similar_keys"],
    ["keys beyond ASCII in many rows", `[${'{"\u540d\u524d \u4e00":1,"B c":2},'.repeat(5_000)}{}]`, null],
    [
      "very many keys beyond ASCII",
      `{${Array.from({ length: 9_000 }, (_, i) => `"\u00e9${i}":1`).join()}}`,
      "similar_keys",
    ],
    ["a high half", '{"a":"x\\uD800"}', "broken_unicode"],
    ["a low half", '["\\udfff"]', "broken_unicode"],
    ["halves in the wrong order", '["\\ude00\\ud83d"]', "broken_unicode"],
    ["half a pair in a key", '{"\\udBff":1}', "broken_unicode"],
    ["the text of an escape", '["\\\\ud800"]', null],
  ])("finds %s", (_what, text, kind) => {
    expect(kindOf(text)).toBe(kind);
  });

  it("shows what cannot be seen", () => {
    const text = '{"a":1,"a\\u200b":2}';
    expect(findAmbiguity(JSON.parse(text) as Json, text)?.problem).toContain('"a" and "aU+200B"');
  });

  it("takes no longer than a parser would, whatever the keys are", async () => {
    const unit = unitOfWork();
    const many = (key: (index: number) => string, length = 49_000) =>
      `{${Array.from({ length }, (_, index) => `"${key(index)}":1`).join()}}`;
    for (const text of [
      many((index) => `${"a ".repeat(37)}${index}`),
      many((index) => `${"A".repeat(75)}${index}`),
      many((index) => `${"A ".repeat(200_000)}${index}`, 10),
      `{"a":{${Array.from({ length: 60_000 }, (_, i) => `"${"\u0301\u0323".repeat(15)}${i}":1`).join()}}}`,
      `{"${"\u00e9\u200b".repeat(1_000_000)}":1}`,
      `[${'{"\u0130":1,"b":2},'.repeat(100_000)}{}]`,
    ]) {
      const value = JSON.parse(text) as Json;
      const { longest } = await longestBlock(async () => void findAmbiguity(value, text));
      expect(longest).toBeLessThan(3 * unit);
    }
  });
});
