import { describe, expect, it } from "vitest";
import { canonicalJson } from "./canonical-json.ts";
import { JsonNumberError } from "./decimal.ts";
import { parseJson } from "./parse-json.ts";

/** Each number with its only text: RFC 8785's where a double holds it, all of its digits where none does. */
const NUMBERS: readonly (readonly [literal: string, canonical: string])[] = [
  ["9007199254740992", "9007199254740992"],
  ["9007199254740993", "9007199254740993"],
  ["-9007199254740993", "-9007199254740993"],
  ["9007199254740993.0", "9007199254740993"],
  ["9007199254740993e0", "9007199254740993"],
  ["900719925474099300E-2", "9007199254740993"],
  ["18446744073709551615", "18446744073709551615"],
  ["123456789012345678901234567890", "123456789012345678901234567890"],
  ["123456789012345678901234567890.10", "123456789012345678901234567890.1"],
  ["0.1000000000000000055511151231257827", "0.1000000000000000055511151231257827"],
  ["0.0000000000000000000012345678901234567891", "1.2345678901234567891e-21"],
  ["1e400", "1e+400"],
  ["1E+0400", "1e+400"],
  ["-1.50e400", "-1.5e+400"],
  ["1E-400", "1e-400"],
  ["4e-324", "4e-324"],
  ["5e-324", "5e-324"],
  ["1.7976931348623157e308", "1.7976931348623157e+308"],
  ["1.7976931348623158e308", "1.7976931348623158e+308"],
  ["1", "1"],
  ["1.0", "1"],
  ["1e2", "100"],
  ["0.10", "0.1"],
  ["-0", "0"],
  ["-0.0e-999", "0"],
  ["0e99999999999999999999", "0"],
  ["0.30000000000000004", "0.30000000000000004"],
  ["100000000000000000000000", "1e+23"],
  [`1.${"0".repeat(5_000)}`, "1"],
];

describe("parseJson", () => {
  it.each(NUMBERS)("reads %s for its exact value", (literal, canonical) => {
    const places = [literal, ` ${literal}\n`, `[${literal}]`, `{"a":[{"b": ${literal} ,"c":"${literal}"}]}`];
    expect(places.map((text) => canonicalJson(parseJson(text)))).toEqual([
      canonical,
      canonical,
      `[${canonical}]`,
      `{"a":[{"b":${canonical},"c":"${literal}"}]}`,
    ]);
    // What is written so is read as the same again, by this code and by any reader of the JSON.
    expect(canonicalJson(parseJson(canonical))).toBe(canonical);
    expect(canonicalJson(parseJson(JSON.stringify(parseJson(literal))))).toBe(canonical);
  });

  it("gives doubles wherever they lose nothing", () => {
    expect(parseJson("[1,1.0,1e2,0.10,0.30000000000000004,1e21,1732700000000]")).toEqual([
      1, 1, 100, 0.1, 0.30000000000000004, 1e21, 1_732_700_000_000,
    ]);
  });

  it("leaves alone what only looks like a number", () => {
    const text =
      '{"a: 9007199254740993":": 9007199254740993","b":"\\\\","c":"\\" 1e400,","d":["[9007199254740993]",1e400]}';
    expect(JSON.stringify(parseJson(text))).toBe(text.replace(/1e400\]/, "1e+400]"));
  });

  it("keeps members of every name, and the last of equal ones", () => {
    const text = '{"__proto__":{"x":9007199254740993},"constructor":1e400,"rawJSON":"9","t":1e400,"t":2}';
    const value = parseJson(text) as Record<string, unknown>;
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(canonicalJson(value)).toBe(
      '{"__proto__":{"x":9007199254740993},"constructor":1e+400,"rawJSON":"9","t":2}',
    );
  });

  it.each([
    [`1${"0".repeat(1_000)}1`, "more than 1000"],
    ["1e1000", "1e-1000"],
    ["-1e-1002", "1e-1000"],
    ["1e100000", "1e-1000"],
    ["1e99999999999999999999", "exponent"],
    ["9".repeat(100_000), "more than 1000"],
  ])("refuses a number beyond its bounds", (literal, problem) => {
    expect(() => parseJson(`{"a":${literal}}`)).toThrow(JsonNumberError);
    expect(() => parseJson(`{"a":${literal}}`)).toThrow(problem);
    expect(() => parseJson(`{"a":": ${literal},"}`)).not.toThrow();
  });

  it("reads any number where none is decided about, but for what no exponent can hold", () => {
    const long = "9".repeat(100_000);
    expect(canonicalJson(parseJson(`[${long},1e100000]`, "any"))).toBe(`[${long},1e+100000]`);
    expect(() => parseJson("1e99999999999999999999", "any")).toThrow(JsonNumberError);
  });

  it.each([
    "",
    "{",
    '{"a":1e400',
    "[9007199254740993",
    "{9007199254740993:1}",
    '"1e400',
    "01e400",
    "[1e400,]",
  ])("refuses %j as JSON.parse does", (text) => {
    expect(() => parseJson(text)).toThrow(SyntaxError);
  });

  it("reads what is nested deeper than a stack", () => {
    const depth = 20_000;
    const value = parseJson(`${"[".repeat(depth)}1e400${"]".repeat(depth)}`) as unknown[];
    expect(value).toHaveLength(1);
  });

  it("agrees with an independent reading of digits, wherever a number stands", () => {
    let seed = 9;
    const next = (below: number) => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % below;
    const digits = () => Array.from({ length: 1 + next(24) }, () => next(10)).join("");
    const read: string[] = [];
    const expected: string[] = [];
    for (let round = 0; round < 2_000; round += 1) {
      const whole = digits().replace(/^0+(?=\d)/, "");
      const fraction = next(2) === 0 ? "" : `.${digits()}`;
      const exponent = next(2) === 0 ? "" : `${["e", "E", "e+", "e-"][next(4)]}${next(320)}`;
      const literal = `${next(2) === 0 ? "" : "-"}${whole}${fraction}${exponent}`;
      const text = `{"${"k".repeat(next(5))}":[${"0,".repeat(next(4))}${literal}]}`;
      const found = /,?([^,[\]]+)\]\}$/.exec(canonicalJson(parseJson(text)))?.[1] ?? "";
      read.push(`${literal} = ${rational(found)}`);
      expected.push(`${literal} = ${rational(literal)}`);
    }
    expect(read).toEqual(expected);
  });
});

/** A decimal as a reduced fraction, by whole numbers only. */
function rational(literal: string): string {
  const [, sign, whole = "", fraction = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(literal) ?? [];
  const power = Number(exponent) - fraction.length;
  const digits = BigInt(`${sign}${whole}${fraction}`);
  return power >= 0 ? `${digits * 10n ** BigInt(power)}/1` : reduced(digits, 10n ** BigInt(-power));
}

function reduced(over: bigint, under: bigint): string {
  let [a, b] = [over < 0n ? -over : over, under];
  while (b !== 0n) {
    [a, b] = [b, a % b];
  }
  return a === 0n ? "0/1" : `${over / a}/${under / a}`;
}
