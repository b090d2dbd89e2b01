import { describe, expect, it } from "vitest";
import type { Json } from "./json-value.ts";
import { countMembers, measureJson } from "./measure.ts";

describe("measureJson", () => {
  it.each([
    ["1", 0, 0, 1],
    ['"a:{[b,"', 0, 0, 1],
    ['"\\\\"', 0, 0, 1],
    ['{"a\\"b:":{"c":[1,{"d":2}]}}', 4, 3, 9],
    [' [ {"a" : 1} , {"a" : 2} ] ', 2, 2, 7],
  ])("finds depth, members and values of %s", (text, depth, members, values) => {
    expect(measureJson(text)).toEqual({ depth, members, values });
    expect(countMembers(JSON.parse(text) as Json)).toBe(members);
  });

  it("survives text that is no JSON", () => {
    for (const text of ['{"open', "]]]]", '{{{{"', "\\", ""]) {
      expect(() => measureJson(text)).not.toThrow();
    }
  });

  it("sees a depth bomb without building it [GTW-12]", () => {
    expect(measureJson("[".repeat(5_000_000)).depth).toBe(5_000_000);
  });

  it.each([
    ['{"a":1,"a":2}', 1],
    ['{"method":"ping","m\\u0065thod":"tools/call"}', 1],
    ['[{"x":{"y":1,"y":1}},{"y":1}]', 3],
    ['{"__proto__":1,"__proto__":2}', 1],
  ])("counts fewer members than were written when a key occurs twice: %s", (text, counted) => {
    expect(countMembers(JSON.parse(text) as Json)).toBe(counted);
    expect(measureJson(text).members).toBe(counted + 1);
  });

  it("counts __proto__ and constructor like any other key", () => {
    const text = '{"__proto__":{"a":1},"constructor":2,"toString":3}';
    expect(countMembers(JSON.parse(text) as Json)).toBe(measureJson(text).members);
  });
});
