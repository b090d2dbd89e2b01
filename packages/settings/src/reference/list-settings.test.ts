import { durationSchema, secretSchema } from "@sark/observability/settings";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { groupSettings } from "./group-settings.ts";
import { listSettings, type JsonSchema } from "./list-settings.ts";

const rowsOf = (schema: z.ZodType) => listSettings(z.toJSONSchema(schema, { io: "input" }) as JsonSchema);

const tried = z.strictObject({
  wait: durationSchema({ max: "1h" }).prefault("30s").describe("How long."),
  list: z
    .array(
      z.discriminatedUnion("type", [
        z.strictObject({ type: z.literal("a"), url: z.url().describe("Where."), key: secretSchema() }),
        z.strictObject({
          type: z.literal("b"),
          count: z.number().int().min(1).max(9).default(3).describe("How many."),
          key: secretSchema(),
        }),
        z.strictObject({
          type: z.literal("c"),
          how: z.enum(["x", "y"]).describe("In which way."),
          key: secretSchema(),
        }),
      ]),
    )
    .describe("Several."),
  map: z.record(z.string(), z.strictObject({ on: z.boolean().optional().describe("Whether.") })).optional(),
});

describe("the settings of a schema", () => {
  it("are named by lists, maps and kinds, with types, defaults and what is required", () => {
    const key = { type: "secret", fallback: undefined, required: true, text: "" };
    expect(rowsOf(tried)).toEqual([
      { path: "wait", type: "duration, 1ms to 1h", fallback: '"30s"', required: false, text: "How long." },
      { path: "list", type: "list", fallback: undefined, required: true, text: "Several." },
      { path: "list[](a).url", type: "URL", fallback: undefined, required: true, text: "Where." },
      { path: "list[](a).key", ...key },
      {
        path: "list[](b).count",
        type: "whole number, 1 to 9",
        fallback: "3",
        required: false,
        text: "How many.",
      },
      { path: "list[](b).key", ...key },
      {
        path: "list[](c).how",
        type: "`x` or `y`",
        fallback: undefined,
        required: true,
        text: "In which way.",
      },
      { path: "list[](c).key", ...key },
      { path: "map.*.on", type: "`true` or `false`", fallback: undefined, required: false, text: "Whether." },
    ]);
  });

  it("stand in groups: a section, then what its kinds have in common, then each kind", () => {
    const groups = groupSettings(rowsOf(tried), new Map([["wait", "SARK_WAIT"]]));
    expect(groups.map(({ path, kind, settings }) => [path, kind, settings.map(({ name }) => name)])).toEqual([
      ["", undefined, ["wait", "list"]],
      ["list[]", undefined, ["key"]],
      ["list[]", "a", ["url"]],
      ["list[]", "b", ["count"]],
      ["list[]", "c", ["how"]],
      ["map.*", undefined, ["on"]],
    ]);
    expect(groups[0]?.settings[0]?.variable).toBe("SARK_WAIT");
  });
});
