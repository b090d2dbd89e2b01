import { parseJson } from "@sark/audit/json";
import { describe, expect, it } from "vitest";
import type { Json } from "@sark/json";
import type { ContextAccess } from "./context-access.ts";
import { newAllowance, toCedarValue, toVisibleValue, UndecidableInputError } from "./to-cedar-value.ts";

const convert = (value: Json) => toCedarValue(value, newAllowance());
const parse = (text: string) => JSON.parse(text) as Json;

describe("toCedarValue", () => {
  it("keeps what Cedar has too", () => {
    expect(convert({ a: "text", b: true, c: 42, d: [1, "x"], e: { f: -7 } })).toEqual({
      a: "text",
      b: true,
      c: 42,
      d: [1, "x"],
      e: { f: -7 },
    });
  });

  it("keeps what Cedar has not", () => {
    expect(convert(null)).toEqual({ __entity: { type: "Json", id: "null" } });
    expect(convert([null])).toEqual([{ __entity: { type: "Json", id: "null" } }]);
    expect(convert(1.5)).toEqual({ __extn: { fn: "decimal", arg: "1.5" } });
    expect(convert(-0.0001)).toEqual({ __extn: { fn: "decimal", arg: "-0.0001" } });
  });

  it.each([
    [0.123456, "0.123456"],
    [1e300, "1e+300"],
    [5e-324, "5e-324"],
    [2 ** 63, "9223372036854776000"],
    [1e21, "1e+21"],
  ])("writes %d out, as no number of Cedar's is the same", (number, text) => {
    expect(convert(number)).toBe(text);
  });

  it.each([
    ["9007199254740993", "9007199254740993"],
    ["9223372036854775807", "9223372036854775807"],
    ["-9223372036854775808", "-9223372036854775808"],
    ["9007199254740992", "9007199254740992"],
    ["-1e18", "-1000000000000000000"],
    ["-0", "0"],
    ["9223372036854775808", '"9223372036854775808"'],
    ["123456789012345678901234567890", '"123456789012345678901234567890"'],
    ["1e400", '"1e+400"'],
    ["0.1000000000000000055", '"0.1000000000000000055"'],
    ["12345678901234.5678", '{"__extn":{"fn":"decimal","arg":"12345678901234.5678"}}'],
  ])("hands %s over as %s, with all digits", (literal, json) => {
    expect(JSON.stringify(convert(parseJson(literal) as Json))).toBe(json);
  });

  it("does not let a caller write references and function calls", () => {
    const hostile = parse(
      '{"__entity":{"type":"User","id":"root"},"___entity":1,"__extn":{"fn":"ip","arg":"x"},"__expr":"1","____extn":2}',
    );
    expect(convert(hostile)).toEqual({
      ___entity: { type: "User", id: "root" },
      ____entity: 1,
      ___extn: { fn: "ip", arg: "x" },
      ___expr: "1",
      _____extn: 2,
    });
  });

  it("keeps a key that JavaScript would take for the prototype", () => {
    const converted = convert(parse('{"__proto__":{"role":"admin"},"constructor":1}'));
    expect(JSON.stringify(converted)).toBe('{"__proto__":{"role":"admin"},"constructor":1}');
  });

  it("writes what is nested too deep out as JSON", () => {
    let value: Json = { bottom: [null] };
    for (let level = 0; level < 32; level++) {
      value = { in: value };
    }
    let converted: unknown = convert(value);
    for (let level = 0; level < 32; level++) {
      converted = (converted as Record<string, unknown>)["in"];
    }
    expect(converted).toBe('{"bottom":[null]}');
  });

  it.each([
    ["more values", Array.from({ length: 2_000 }, () => 1)],
    ["more text", ["x".repeat(200_000), "y".repeat(70_000)]],
    ["longer keys", { ["k".repeat(300_000)]: 1 }],
    ["text that is no Unicode", { a: "\ud800" }],
    ["a key that is no Unicode", { "\udfff": 1 }],
  ] satisfies [string, Json][])("refuses %s than Cedar can be given", (_what, value) => {
    expect(() => convert(value)).toThrow(UndecidableInputError);
  });
});

describe("toVisibleValue", () => {
  const access = (paths: Record<string, boolean | ContextAccess>): ContextAccess => ({
    whole: false,
    fields: new Map(
      Object.entries(paths).map(([name, inner]) => [
        name,
        typeof inner === "boolean" ? { whole: inner, fields: new Map() } : inner,
      ]),
    ),
  });
  const visible = (value: Json, of: ContextAccess) => toVisibleValue(value, of, newAllowance());

  it("hands over only what policies name", () => {
    const policies = access({ parameters: access({ path: true }), method: false });
    expect(
      visible({ parameters: { path: "/etc", huge: "…" }, method: "tools/call", more: 1 }, policies),
    ).toEqual({
      parameters: { path: "/etc" },
      // Only its presence is asked for.
      method: true,
    });
    expect(visible({ parameters: "no object" }, policies)).toEqual({ parameters: "no object" });
    expect(visible({ parameters: [1] }, policies)).toEqual({ parameters: [1] });
  });

  it("finds a reserved key under the name that policies know it by, and under no other", () => {
    const value = { __entity: "theirs", ___entity: "also theirs" };
    const policies = access({ __entity: true, ___entity: true, ____entity: true });
    expect(visible(value, policies)).toEqual({ ___entity: "theirs", ____entity: "also theirs" });
  });

  it("does not see inherited properties", () => {
    expect(visible({}, access({ constructor: true, toString: true }))).toEqual({});
  });
});
