import { describe, expect, it } from "vitest";
import { z } from "zod";
import { validate } from "./validate.ts";

const uncomparable = { length: { toString: 1, valueOf: 1 } };
const rawNumber = {
  length: Object.freeze(Object.assign(Object.create(null), { rawJSON: "9007199254740993" })),
};

describe("validate", () => {
  it("gives what the schema puts out", () => {
    expect(validate(z.string().trim().min(1), " a ")).toEqual({ valid: true, data: "a" });
  });

  it("names the first field at fault, and a key that it does not know", () => {
    const schema = z.strictObject({ list: z.array(z.strictObject({ name: z.string().min(2) })) });
    expect(validate(schema, { list: [{ name: "x" }] })).toMatchObject({ valid: false, field: "list.0.name" });
    expect(validate(schema, { list: [{ name: "xx", odd: 1 }] })).toMatchObject({ field: "list.0.odd" });
    expect(validate(schema, 5)).toMatchObject({ valid: false, field: null });
  });

  it.each([
    ["text", z.string().min(1).max(9)],
    ["a list", z.array(z.string()).min(1)],
    ["either", z.union([z.string().min(1), z.number()])],
    ["a member", z.object({ length: z.string().min(1) })],
  ])("refuses what cannot be compared in place of %s [GTW-12]", (_, schema) => {
    for (const value of [uncomparable, rawNumber, { length: uncomparable }, { ...uncomparable, other: 5n }]) {
      expect(validate(schema, value).valid).toBe(false);
    }
  });

  it.each([
    ["1e+400", /^1e\+400 is no number that JavaScript has/],
    ["9".repeat(200), /^9{30}… is no number/],
  ])("says of a number that was kept as its text that it is the number, %s", (text, message) => {
    const number = Object.freeze(Object.assign(Object.create(null), { rawJSON: text }));
    const schema = z.object({ list: z.array(z.object({ score: z.number() })) });
    expect(validate(schema, { list: [{ score: number }] })).toEqual({
      valid: false,
      field: "list.0.score",
      message: expect.stringMatching(message),
    });
    // What a client wrote as an object is one.
    expect(validate(z.number(), { rawJSON: text })).toMatchObject({
      message: expect.stringContaining("received object"),
    });
  });

  it("lets faults of a schema's own code through", () => {
    const broken = z.string().refine(() => {
      throw new TypeError("a bug");
    });
    expect(() => validate(broken, "a")).toThrow("a bug");
  });
});
