import { describe, expect, it } from "vitest";
import type { JsonObject } from "@sark/json";
import { toToolInfo } from "./tool-info.ts";

const MARKED = { writeOnly: true };

function sensitiveParams(inputSchema: JsonObject): readonly string[] {
  return toToolInfo("s", { name: "t", description: "", inputSchema }, "low").sensitive_params;
}

/** A schema whose parameter `secret` is of this kind, beside one that is open. */
function withSecret(secret: JsonObject, more: JsonObject = {}): JsonObject {
  return { type: "object", properties: { open: { type: "string" }, secret }, ...more };
}

describe("the sensitive parameters of a listed tool are those that the audit log hides", () => {
  it.each<[string, JsonObject]>([
    ["writeOnly", withSecret(MARKED)],
    ["format: password", withSecret({ type: "string", format: "password" })],
    ["x-sensitive: true", withSecret({ "x-sensitive": true })],
    ['x-sensitive: "yes"', withSecret({ "x-sensitive": "yes" })],
    ["$ref", withSecret({ $ref: "#/$defs/pin" }, { $defs: { pin: MARKED } })],
    ["$ref to a $ref", withSecret({ $ref: "#/$defs/a" }, { $defs: { a: { $ref: "#/$defs/b" }, b: MARKED } })],
    ["$ref out of reach", withSecret({ $ref: "https://example.com/pin.json" })],
    ["anyOf with null", withSecret({ anyOf: [MARKED, { type: "null" }] })],
    ["oneOf", withSecret({ oneOf: [{ type: "integer" }, { format: "password" }] })],
    ["allOf", withSecret({ allOf: [{ type: "string" }, MARKED] })],
    ["then", withSecret(JSON.parse('{"if":{"type":"string"},"then":{"writeOnly":true}}') as JsonObject)],
    ["else", withSecret({ if: { type: "string" }, else: MARKED })],
    [
      "a nested object",
      withSecret({ type: "object", properties: { deep: { properties: { pin: MARKED } } } }),
    ],
    ["items", withSecret({ type: "array", items: MARKED })],
    ["prefixItems", withSecret({ type: "array", prefixItems: [{ type: "string" }, MARKED] })],
    ["contains", withSecret({ type: "array", contains: MARKED })],
    ["patternProperties of the value", withSecret({ patternProperties: { "^pin": MARKED } })],
    ["additionalProperties of the value", withSecret({ additionalProperties: MARKED })],
    ["unevaluatedProperties of the value", withSecret({ unevaluatedProperties: MARKED })],
    [
      "a recursive reference",
      withSecret(
        { $ref: "#/$defs/node" },
        { $defs: { node: { properties: { next: { $ref: "#/$defs/node" }, pin: MARKED } } } },
      ),
    ],
    ["another branch of the schema", withSecret({}, { allOf: [{ properties: { secret: MARKED } }] })],
    ["dependentSchemas", withSecret({}, { dependentSchemas: { open: { properties: { secret: MARKED } } } })],
  ])("marked by %s", (_mark, schema) => {
    expect(sensitiveParams(schema)).toEqual(["secret"]);
  });

  it("names a parameter that only a branch of the schema has", () => {
    const schema = {
      properties: {},
      anyOf: [{ properties: { token: MARKED } }, { properties: { open: {} } }],
    };
    expect(sensitiveParams(schema)).toEqual(["token"]);
  });

  it("names all where a pattern could mean any of them: patterns are not run", () => {
    expect(sensitiveParams(withSecret({}, { patternProperties: { "^sec": MARKED } }))).toEqual([
      "open",
      "secret",
    ]);
  });

  it("names all where the whole schema is marked, or too large to be walked", () => {
    expect(sensitiveParams(withSecret({}, MARKED))).toEqual(["open", "secret"]);
    const many = Object.fromEntries(Array.from({ length: 60_000 }, (_, index) => [`p${index}`, {}]));
    expect(sensitiveParams({ ...MARKED, properties: many })).toHaveLength(60_000);
    expect(sensitiveParams({ properties: many, allOf: [{ properties: { p0: MARKED } }] })).toHaveLength(
      60_000,
    );
    expect(
      sensitiveParams(withSecret({ prefixItems: Array.from({ length: 200_000 }, () => ({})) })),
    ).toContain("secret");
  });

  it("names none where nothing is marked, whatever refers to what", () => {
    const node = { properties: { next: { $ref: "#/$defs/node" }, all: { items: { $ref: "#" } } } };
    expect(sensitiveParams(withSecret({ $ref: "#/$defs/node" }, { $defs: { node } }))).toEqual([]);
    expect(sensitiveParams(withSecret({ writeOnly: false, "x-sensitive": false, format: "email" }))).toEqual(
      [],
    );
    expect(sensitiveParams({ properties: 5, required: 7 })).toEqual([]);
  });
});
