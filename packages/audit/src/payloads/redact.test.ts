import { describe, expect, it } from "vitest";
import { createRedact } from "./redact.ts";
import { viewSchema } from "./sensitive-schema.ts";

const HIDDEN = "[redacted]";

describe("by key and pattern", () => {
  const redact = createRedact({ keys: /^ssn$/i, patterns: [/\b\d{4}(?: \d{4}){3}\b/] });

  it("hides what stands under a secret's name, whatever it is", () => {
    const value = { password: "p", nested: [{ api_key: { deep: 1 }, ssn: 7 }], max_tokens: 5, name: "n" };
    expect(redact(value, undefined)).toEqual({
      value: { password: HIDDEN, nested: [{ api_key: HIDDEN, ssn: HIDDEN }], max_tokens: 5, name: "n" },
      count: 3,
    });
    expect(value.password).toBe("p");
  });

  it("hides shapes of secrets within text, and leaves the rest of the text", () => {
    const jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl";
    const { value, count } = redact(
      { note: `card 1111 2222 3333 4444, see ${jwt}.`, plain: "as it is" },
      null,
    );
    expect(value).toEqual({
      note: expect.stringContaining(`card ${HIDDEN}, see ${HIDDEN}`) as string,
      plain: "as it is",
    });
    expect(count).toBe(1);
  });

  it("takes any JSON, and hides what is nested too deep", () => {
    for (const value of [null, true, 5, "text", [], {}])
      expect(redact(value, undefined).value).toEqual(value);
    let deep: unknown = "secret";
    for (let level = 0; level < 10_000; level += 1) deep = [deep];
    expect(JSON.stringify(redact(deep, undefined).value)).not.toContain("secret");
    expect(redact({ "\ud800": "\ud800" }, undefined).value).toEqual({ "\ufffd": "\ufffd" });
  });
});

describe("by the tool's schema", () => {
  const redact = createRedact();
  const schema = {
    type: "object",
    properties: {
      pin: { type: "string", format: "password" },
      answer: { type: "string", writeOnly: true },
      diagnosis: { $ref: "#/$defs/medical" },
      list: { type: "array", items: { properties: { value: { "x-sensitive": true } } } },
      tuple: { prefixItems: [{}, { writeOnly: true }] },
      either: { anyOf: [{ type: "string" }, { "x-sensitive": "pii" }] },
      open: { type: "string" },
    },
    patternProperties: { "^(a+)+$": { writeOnly: true } },
    $defs: {
      medical: { allOf: [{ type: "object" }, { "x-sensitive": true }] },
      loop: { $ref: "#/$defs/loop" },
    },
  };

  it("hides what the schema marks, also behind references and branches", () => {
    const { pin, answer, diagnosis, list, tuple, either } = redact(
      {
        pin: "1234",
        answer: 42,
        diagnosis: { text: "flu" },
        list: [{ value: 1, other: 2 }],
        tuple: ["a", "b"],
        either: "x",
      },
      { ...schema, patternProperties: undefined },
    ).value as Record<string, unknown>;
    expect({ pin, answer, diagnosis, list, tuple, either }).toEqual({
      pin: HIDDEN,
      answer: HIDDEN,
      diagnosis: HIDDEN,
      list: [{ value: HIDDEN, other: 2 }],
      tuple: ["a", HIDDEN],
      either: HIDDEN,
    });
  });

  it("takes every pattern as fitting: a stranger's pattern is not run", () => {
    expect(redact({ open: "x", [`${"a".repeat(40)}!`]: "y" }, schema).value).toEqual({
      open: HIDDEN,
      [`${"a".repeat(40)}!`]: HIDDEN,
    });
  });

  it("survives schemas that are none, or that go in circles", () => {
    for (const odd of [
      null,
      5,
      "x",
      [],
      { properties: 5 },
      { $ref: "#" },
      { $ref: "#/a/b" },
      { $ref: "http://x" },
    ]) {
      expect(redact({ a: [1] }, odd).value).toEqual({ a: [1] });
    }
    const circle: Record<string, unknown> = { allOf: [] };
    (circle["allOf"] as unknown[]).push(circle, { properties: { own: { writeOnly: true } } });
    expect(redact({ own: 1, __proto__: null }, circle).value).toEqual({ own: HIDDEN });
    expect(viewSchema({ properties: {} }).property("constructor").sensitive).toBe(false);
  });
});
