import { longestBlock, unitOfWork } from "@sark/testkit";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "@sark/json";
import { differsFromSchema } from "./schema-members.ts";

const schema: JsonObject = {
  type: "object",
  properties: {
    account: { type: "integer" },
    to: {
      properties: {
        iban: {},
        accountHolder: {},
        size_max: {},
        sizeMax: {},
        owner: { $ref: "#/$defs/person" },
      },
    },
    lines: {
      type: "array",
      items: { anyOf: [{ properties: { amount: {} } }, { properties: { text: {} } }] },
    },
    any: {},
    maybe: { anyOf: [{ type: "integer" }, { type: ["string", "null"] }] },
    who: { $ref: "#/$defs/someone" },
    flag: { allOf: [{ title: "Flag" }, { type: "boolean" }] },
    word: { enum: ["any", "none"] },
    of: { type: "array", items: { type: "number" } },
    own: { type: "date" },
    free: { anyOf: [{ type: "string" }, {}] },
    map: {
      additionalProperties: { properties: { limit: {} } },
      patternProperties: { "^x": { properties: { y: {} } } },
    },
    pair: { prefixItems: [{ properties: { left: {} } }] },
  },
  // As text: what has a member "then" is a promise to the linter.
  allOf: [
    JSON.parse('{"if":{},"then":{"properties":{"reason":{"minLength":1}}}}') as JsonObject,
    { properties: { reason: { type: "string" } } },
  ],
  $defs: {
    someone: { $ref: "#/$defs/typed" },
    typed: { type: "object" },
    person: { properties: { name: {}, boss: { $ref: "#/$defs/person" } } },
  },
};

describe("differsFromSchema", () => {
  it.each<[JsonObject, boolean]>([
    [{ account: 1, to: { iban: "x", owner: { name: "a" } }, lines: [{ amount: 1 }, { text: "" }] }, false],
    [{ other: 1, any: { Account: 1, IBAN: 2 }, to: { Account: 1 } }, false],
    [{ Account: 1 }, true],
    [{ ACCOUNT: 1, account: 1 }, true],
    [{ "acc\u200bount": 1 }, true],
    [{ "\uff41ccount": 1 }, true],
    [{ Reason: "" }, true],
    [{ to: { Iban: "x" } }, true],
    [{ to: { owner: { Name: "x" } } }, true],
    [{ to: { owner: { boss: { boss: { NAME: "x" } } } } }, true],
    [{ lines: [{ amount: 1 }, { Amount: 1 }] }, true],
    [{ lines: [{ Text: 1 }] }, true],
    [{ map: { a: { limit: 1 }, x: { y: 1 } }, pair: [{ left: 1 }] }, false],
    [{ map: { a: { Limit: 1 } } }, true],
    [{ map: { x: { Y: 1 } } }, true],
    [{ pair: [{ Left: 1 }] }, true],
    [{ user_account: 1 }, false],
    // What pydantic's aliases, Go's json/v2 and Jackson's naming strategies take for one name.
    [{ acc_ount: 1 }, true],
    [{ to: { account_holder: "x" } }, true],
    [{ to: { accountHolder: "x", "account-holder": "x" } }, true],
    [{ to: { accountHolder: "x" } }, false],
    [{ to: { size_max: 1, sizeMax: 2 } }, false],
    // Types: what servers convert.
    [{ account: "13" }, true],
    [{ account: true }, true],
    [{ account: [13] }, true],
    [{ account: 13.5 }, false],
    [{ account: null }, false],
    [{ lines: '[{"amount":1}]' }, true],
    [{ lines: { amount: 1 } }, true],
    [{ maybe: "1" }, false],
    [{ maybe: 1 }, false],
    [{ maybe: {} }, true],
    [{ who: { name: "a" } }, false],
    [{ who: '{"name":"a"}' }, true],
    [{ flag: 1 }, true],
    [{ flag: false }, false],
    [{ word: "any" }, false],
    [{ word: 1 }, true],
    [{ of: [1, "2"] }, true],
    [{ of: [1, 2] }, false],
    [{ own: "2026-01-01" }, false],
    [{ extra: "13" }, false],
    [{ reason: "late" }, false],
    [{ reason: 1 }, true],
    [{ free: 1 }, false],
  ])("%j: %s", (given, expected) => {
    expect(differsFromSchema(given, schema)).toBe(expected);
  });

  it("ends for schemas that refer to themselves, and is in doubt about those without end", () => {
    const loop: JsonObject = {
      $ref: "#",
      allOf: [{ $ref: "#" }],
      properties: { a: { $ref: "#/properties/a" } },
    };
    expect(differsFromSchema({ a: { b: 1 } }, loop)).toBe(false);
    expect(differsFromSchema({ A: 1 }, loop)).toBe(true);
    expect(differsFromSchema({ a: 1 }, { allOf: Array.from({ length: 90_000 }, () => ({})) })).toBe(true);
  });

  it("is in doubt about schemas with more names beyond ASCII than can be compared, and soon", async () => {
    const name = (at: number) => `${String.fromCodePoint(0xfdfa).repeat(100)}${at}`;
    const many = Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [name(at), {}]));
    const unit = unitOfWork();
    const { longest } = await longestBlock(async () =>
      expect(differsFromSchema({ other: 1 }, { properties: many })).toBe(true),
    );
    expect(longest).toBeLessThan(12 * unit);
    const few: JsonObject = { properties: { größe: {}, [name(1)]: {} } };
    expect(differsFromSchema({ other: 1 }, few)).toBe(false);
    expect(differsFromSchema({ GRÖSSE: 1 }, few)).toBe(true);
  });

  it("says the same of a call whatever was asked about the schema before, and of more places than it remembers", () => {
    const recursive: JsonObject = {
      properties: { name: { type: "string" }, next: { $ref: "#" }, also: { $ref: "#" } },
    };
    const chain = (length: number, last: JsonObject): JsonObject =>
      Array.from({ length }).reduce<JsonObject>((next) => ({ name: "n", next }), last);
    for (let round = 0; round < 2; round += 1) {
      expect(differsFromSchema(chain(400, { name: "last" }), recursive)).toBe(false);
      expect(differsFromSchema(chain(400, { Name: "last" }), recursive)).toBe(true);
      expect(differsFromSchema({ also: chain(3, { name: 1 }) }, recursive)).toBe(true);
    }
    // Half of its subschemas each: what one call has looked at is not free for the next one that needs both.
    const half: JsonObject = { allOf: Array.from({ length: 9_000 }, () => ({})) };
    const two: JsonObject = { properties: { a: half, b: { ...half } } };
    for (let round = 0; round < 2; round += 1) {
      expect(differsFromSchema({ a: 1 }, two)).toBe(false);
      expect(differsFromSchema({ b: 1 }, two)).toBe(false);
      expect(differsFromSchema({ a: 1, b: 1 }, two)).toBe(true);
    }
  });

  it("looks at the last element of a long list as at the first", () => {
    const lines: JsonObject[] = Array.from({ length: 50_000 }, () => ({ amount: 1 }));
    expect(differsFromSchema({ lines }, schema)).toBe(false);
    expect(differsFromSchema({ lines: [...lines, { Amount: 1 }] }, schema)).toBe(true);
  });

  it("takes no longer than a parser would, whatever the keys and the properties are", async () => {
    const unit = unitOfWork();
    const property = (name: string): JsonObject => ({ properties: { [name]: { type: "string" } } });
    const wide: JsonObject = { allOf: Array.from({ length: 9_000 }, (_, index) => property(`p${index}`)) };
    const bare: JsonObject = { allOf: Array.from({ length: 9_000 }, () => ({ type: "object" })) };
    const long = "\u00e9".repeat(250);
    const cases: [given: JsonObject, schema: JsonObject, expected: boolean][] = [
      [Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`key${index}`, 1])), wide, true],
      [Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`key${index}`, {}])), bare, true],
      [{ lines: Array.from({ length: 15_000 }, () => ({ [long]: 1 })) }, schema, false],
      [{ lines: Array.from({ length: 15_000 }, (_, index) => ({ [`${long}${index}`]: 1 })) }, schema, true],
    ];
    for (const [given, schema, expected] of cases) {
      const { longest } = await longestBlock(async () =>
        expect(differsFromSchema(given, schema)).toBe(expected),
      );
      expect(longest).toBeLessThan(3 * unit);
    }
  });
});
