import canonicalize from "canonicalize";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "./canonical-json.ts";

describe("canonicalJson", () => {
  it.each([
    [{ b: 1, a: [true, null, 'é\u2028"\\\n'], "": {}, "10": [], "9": 1.5 }],
    [{ "": 1, a: { b: ["text", 1, { c: null }], d: true }, e: -0 }],
    [{ a: { c: 1, b: 2 }, d: [{ f: 1, e: 2 }] }],
    [{ a: Object.assign([1], { toJSON: undefined }) }],
    [{ "1": 1, "2": 2, "10": 3 }],
    [{ "\u{1f600}": 1, "\ufb33": 2, __proto__: null }],
    [[undefined, 1e21, 1e-7, -0, 1 / 3, 5e-324]],
    [{ absent: undefined, date: new Date(0) }],
    [JSON.parse('{"__proto__":{"a":1},"constructor":2}')],
    ["text"],
    [null],
  ])("is RFC 8785 for whatever doubles hold: %j", (value) => {
    expect(canonicalJson(value)).toBe(canonicalize(value));
  });

  it("keeps the digits of numbers that no double holds, however they were written", () => {
    const value = {
      b: JSON.rawJSON("1E+400"),
      a: [JSON.rawJSON("9007199254740993.0")],
      c: JSON.rawJSON("1.0"),
    };
    expect(canonicalJson(value)).toBe('{"a":[9007199254740993],"b":1e+400,"c":1}');
    expect(canonicalJson(JSON.rawJSON('"\\u0061"'))).toBe('"a"');
  });

  it.each([
    ["NaN", NaN],
    ["NaN in what is in order", { a: 1, b: [NaN] }],
    ["an infinity", [-Infinity]],
    ["a bigint", { a: 1n }],
    ["half a surrogate pair", "\ud800"],
    ["half a surrogate pair in a key", { "\udc00": 1 }],
    ["undefined", undefined],
    ["a function", () => {}],
  ])("refuses %s", (_name, value) => {
    expect(() => canonicalJson(value)).toThrow(TypeError);
  });

  it("refuses what contains itself", () => {
    const circular: unknown[] = [];
    circular.push(circular);
    expect(() => canonicalJson(circular)).toThrow(RangeError);
  });
});
