import { describe, expect, it } from "vitest";
import { readJson, UnreadableJson } from "./read-json.ts";

const BOUNDS = { maxDepth: 3, maxValues: 8 };

describe("readJson", () => {
  it("keeps every digit of a number", () => {
    const { value, problem } = readJson('{"n":9007199254740993}', BOUNDS);
    expect([JSON.stringify(value), problem]).toEqual(['{"n":9007199254740993}', null]);
  });

  it.each([
    ['{"a":1,"a":2}', "duplicate_key"],
    ['{"a":1,"A":2}', "similar_keys"],
    ['"\\ud800"', "broken_unicode"],
    ['{"id":1,"n":1e9999}', "number_out_of_range"],
  ])("finds what two readers could understand differently in %s", (text, kind) => {
    expect(readJson(text, BOUNDS).problem?.kind).toBe(kind);
  });

  it.each([
    ["[[[[1]]]]", "too_deep"],
    ["[1,2,3,4,5,6,7,8,9]", "too_many_values"],
    ["[", "not_json"],
    ["", "not_json"],
  ])("does not read %j: %s", (text, kind) => {
    const read = () => readJson(text, BOUNDS);
    expect(read).toThrow(UnreadableJson);
    expect(read).toThrow(expect.objectContaining({ kind }));
  });
});
