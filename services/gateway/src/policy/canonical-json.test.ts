import { describe, expect, it } from "vitest";
import type { Json } from "../domain/json.ts";
import { canonicalJson } from "./canonical-json.ts";

describe("canonicalJson", () => {
  it("writes keys in order, at every level", () => {
    expect(canonicalJson({ b: [{ d: 1, c: null }], a: "x" })).toBe('{"a":"x","b":[{"c":null,"d":1}]}');
  });

  it("tells different values apart", () => {
    const plain = [
      "null",
      '"null"',
      "1e400",
      "-1e400",
      '"Infinity"',
      "0",
      '"0"',
      "false",
      '""',
      "1e21",
      "1e22",
    ];
    const nested = [
      "[]",
      "{}",
      "[null]",
      '{"a":1}',
      '{"a":"1"}',
      '{"a":[1]}',
      '{"a,b":1}',
      '{"__proto__":1}',
    ];
    const texts = [...plain, ...nested, '["a","b"]', '["a,b"]'];
    const written = texts.map((text) => canonicalJson(JSON.parse(text) as Json));
    expect(new Set(written).size).toBe(texts.length);
  });
});
