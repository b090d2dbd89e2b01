import { longestBlock, unitOfWork } from "@sark/testkit";
import { beforeAll, expect, it } from "vitest";
import { createPreparePayloads } from "./prepare.ts";

const many = (count: number, of: (index: number) => unknown) =>
  Array.from({ length: count }, (_, at) => of(at));
const keyed = (count: number, value: unknown) =>
  Object.fromEntries(many(count, (at) => [`key-${at}`, value]) as [string, unknown][]);
const branching = {
  $ref: "#/$defs/d0",
  $defs: Object.fromEntries(
    many(60, (at) => [
      `d${at}`,
      {
        properties: Object.fromEntries(
          many(60, (to) => [`p${to}`, { anyOf: [ref(at * 7 + to), ref(at * 11 + to * 3)] }]) as [
            string,
            unknown,
          ][],
        ),
      },
    ]) as [string, unknown][],
  ),
};
const nested = (depth: number): unknown =>
  depth === 0
    ? "x"
    : Object.fromEntries([1, 2, 3].map((k) => [`p${(k * 5 + depth) % 60}`, nested(depth - 1)]));

function ref(index: number): object {
  return { $ref: `#/$defs/d${index % 60}` };
}

/** What a tool's server lists, and what a caller sends: as large as they please. */
const HOSTILE: [what: string, value: unknown, schema: unknown][] = [
  ["an allOf of 90,000", { a: 1 }, { allOf: many(90_000, () => true) }],
  ["an allOf of 1,000,000", { a: 1 }, { allOf: many(1_000_000, () => ({})) }],
  [
    "an anyOf of 90,000 below a property",
    { a: 1 },
    { properties: { a: { anyOf: many(90_000, () => true) } } },
  ],
  [
    "20,000 properties that all refer to the whole",
    keyed(2_000, 1),
    { properties: keyed(20_000, { $ref: "#" }) },
  ],
  ["a path of 100,000 parts", { a: 1 }, { properties: { a: { $ref: `#${"/a".repeat(100_000)}` } } }],
  ["references that multiply", nested(8), branching],
  ["1,000,000 empty lists", { a: many(1_000_000, () => []) }, undefined],
  ["100,000 names", keyed(100_000, 1), undefined],
  ["4,000,000 characters", { a: "token=".repeat(600_000) }, { properties: { a: {} } }],
  ["20,000 texts", many(20_000, () => "Bearer and more"), undefined],
];

let unit = 0;
beforeAll(() => void (unit = unitOfWork()));

it.each(HOSTILE)("does not hold up all other calls for %s", async (_what, value, schema) => {
  const prepare = createPreparePayloads({ policy: "redacted" });
  // As many calls of the same tool as fit into a burst.
  const { longest } = await longestBlock(() => {
    for (let call = 0; call < 3; call += 1) {
      prepare({ arguments: value, schemas: { arguments: schema } }, null);
    }
  });
  expect(longest).toBeLessThan(12 * unit);
});
