import { describe, expect, it } from "vitest";
import type { Json } from "./json-value.ts";
import { editObject, findMember, renderDerived } from "./edit.ts";
import { elementRanges, memberRanges } from "./ranges.ts";

const whole = (text: string) => ({ start: 0, end: text.length });

describe("ranges", () => {
  it("finds members whatever stands between them", () => {
    const text = '{ "a" : 1.0 ,\n"b\\u0062":"}\\"]" , "c":[ 1 , {"d":2} ],"e":null }';
    const found = memberRanges(text, 0).map(({ key, start, end }) => [key, text.slice(start, end)]);
    expect(found).toEqual([
      ["a", "1.0"],
      ["bb", '"}\\"]"'],
      ["c", '[ 1 , {"d":2} ]'],
      ["e", "null"],
    ]);
    expect(memberRanges("{ }", 0)).toEqual([]);
  });

  it("finds elements", () => {
    const text = '[ 1 ,[2,3], "a,]" ,{}]';
    expect(elementRanges(text, 0).map(({ start, end }) => text.slice(start, end))).toEqual([
      "1",
      "[2,3]",
      '"a,]"',
      "{}",
    ]);
    expect(elementRanges("[]", 0)).toEqual([]);
  });
});

describe("editObject", () => {
  const text = '{"n":12345678901234567890, "f":1.0,"old":1e400}';

  it("replaces, adds and removes, and keeps every digit of the rest", () => {
    expect(editObject(text, whole(text), { f: "2.50", old: null, "new\n": "{}" })).toBe(
      '{"n":12345678901234567890,"f":2.50,"new\\n":{}}',
    );
  });

  it("removes what is not there without a trace", () => {
    expect(editObject("{}", whole("{}"), { a: null })).toBe("{}");
  });

  it("takes the last of equal keys, as the parser does", () => {
    const twice = '{"a":1,"a":2}';
    const found = findMember(twice, whole(twice), "a");
    expect(found && twice.slice(found.start, found.end)).toBe("2");
    expect(findMember(twice, whole(twice), "b")).toBeNull();
  });
});

describe("renderDerived", () => {
  function derive(text: string, change: (value: Record<string, Json>) => Json): string {
    const original = JSON.parse(text) as Record<string, Json>;
    return renderDerived(change(structuredClone(original)), original, text, whole(text));
  }

  it("keeps every digit of what a policy left alone", () => {
    const text = '{"account":12345678901234567890,"rate":1.0,"secret":"s","deep":[{"n":0.10,"x":1},2e0]}';
    const derived = derive(text, (value) => ({ ...value, secret: "***", deep: [{ n: 0.1, x: 2 }, 2] }));
    expect(derived).toBe(
      '{"account":12345678901234567890,"rate":1.0,"secret":"***","deep":[{"n":0.10,"x":2},2e0]}',
    );
  });

  it("sees that a number beyond 2^53 is another one", () => {
    const text = '{"a":9007199254740993.0,"b":9007199254740993,"c":1e400}';
    const [a, b, c] = ["9007199254740993", "9007199254740995", "1e+401"].map(JSON.rawJSON) as [
      Json,
      Json,
      Json,
    ];
    const original = { a, b: a, c: JSON.rawJSON("1e+400") };
    const filtered = { a: JSON.rawJSON("9007199254740993"), b, c };
    expect(renderDerived(filtered, original, text, whole(text))).toBe(
      '{"a":9007199254740993.0,"b":9007199254740995,"c":1e+401}',
    );
  });

  it("returns the very text when nothing was changed", () => {
    const text = ' {"a" : [1.50 , {}]} '.trim();
    expect(derive(text, (value) => value)).toBe(text);
  });

  it("writes what is new and leaves out what was removed", () => {
    expect(derive('{"a":1.0,"b":2.0}', ({ b }) => ({ b: b ?? null, toString: "new", list: [] }))).toBe(
      '{"b":2.0,"toString":"new","list":[]}',
    );
    expect(derive('{"a":[1.0,2.0,3.0]}', () => ({ a: [1, 9] }))).toBe('{"a":[1.0,9]}');
    expect(derive('{"a":{"b":1}}', () => ({ a: [1] }))).toBe('{"a":[1]}');
  });
});
