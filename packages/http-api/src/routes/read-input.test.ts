import { expect, it } from "vitest";
import { z } from "zod";
import { parseInput } from "./read-input.ts";

const schema = z.strictObject({
  reason: z.string().min(1),
  nested: z.strictObject({ tags: z.array(z.string()).max(3) }),
});

it.each([
  ["reason", { reason: { length: { valueOf: 1, toString: 1 } }, nested: { tags: [] } }],
  ["reason", { reason: { length: Object.create(null) as unknown }, nested: { tags: [] } }],
  ["nested.tags", { reason: "x", nested: { tags: { length: { valueOf: 1, toString: 1 } } } }],
])(
  "names %s as the field at fault, where something else stands in the place of a text or a list [GTW-12]",
  (field, value) => {
    expect(() => parseInput(schema, value, "body")).toThrow(
      expect.objectContaining({ code: "invalid_input", field }),
    );
  },
);
