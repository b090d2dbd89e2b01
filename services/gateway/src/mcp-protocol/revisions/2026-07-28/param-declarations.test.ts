import { expect, it } from "vitest";
import { paramDeclarations } from "./param-declarations.ts";

const named = (header: unknown) => ({ type: "string", "x-mcp-header": header });

it("finds what a schema declares along properties, and nothing else", () => {
  const schema = {
    "x-mcp-header": "root",
    properties: {
      region: named("Region"),
      to: { properties: { amount: named("to-Amount"), "a.b": { properties: { c: named("C") } } } },
      twice: named("Twice"),
      again: named("tWICE"),
      odd: named("not a token"),
      number: named(1),
      list: { items: { properties: { x: named("X") } } },
    },
    allOf: [{ properties: { y: named("Y") } }],
    $defs: { z: { properties: { z: named("Z") } } },
  };
  expect(Object.fromEntries(paramDeclarations(schema as never))).toEqual({
    "mcp-param-c": ["to", "a.b", "c"],
    "mcp-param-region": ["region"],
    "mcp-param-to-amount": ["to", "amount"],
  });
});

it("ends with schemas that are very wide", () => {
  const properties = Object.fromEntries(
    Array.from({ length: 50_000 }, (_, index) => [`p${index}`, named(`h${index}`)]),
  );
  expect(paramDeclarations({ properties } as never).size).toBeLessThan(10_001);
});
