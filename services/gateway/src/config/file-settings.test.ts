import { describe, expect, it } from "vitest";
import { z } from "zod";
import { settings } from "./environment.ts";
import { fileSettings, type JsonSchema } from "./file-settings.ts";
import { configSchema } from "./schema.ts";

const ofGateway = () => fileSettings(z.toJSONSchema(configSchema, { io: "input" }) as JsonSchema);

describe("the settings of the file", () => {
  it("are named by lists, maps and kinds, with defaults and what is required", () => {
    const schema = z.strictObject({
      list: z
        .array(
          z.discriminatedUnion("type", [
            z.strictObject({ type: z.literal("a"), url: z.string().describe("Where.") }),
            z.strictObject({ type: z.literal("b"), count: z.number().default(3).describe("How many.") }),
            z.strictObject({ type: z.literal("c"), how: z.enum(["x", "y"]).describe("In which way.") }),
          ]),
        )
        .describe("Several."),
      map: z
        .record(z.string(), z.strictObject({ on: z.boolean().optional().describe("Whether.") }))
        .optional(),
    });
    expect(fileSettings(z.toJSONSchema(schema, { io: "input" }) as JsonSchema)).toEqual([
      { path: "list", fallback: undefined, required: true, text: "Several." },
      { path: "list[](a).url", fallback: undefined, required: true, text: "Where." },
      { path: "list[](b).count", fallback: "3", required: false, text: "How many." },
      { path: "list[](c).how", fallback: undefined, required: true, text: "In which way. One of `x`, `y`." },
      { path: "map.*.on", fallback: undefined, required: false, text: "Whether." },
    ]);
  });

  it("contain all that variables give, and every key of every destination, each with its meaning", () => {
    const found = ofGateway();
    const paths = found.map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(settings().map(({ path }) => path.join("."))));
    expect(paths).toEqual(
      expect.arrayContaining([
        "destinations[].name",
        "destinations[].sink(splunk_hec).token",
        "destinations[].sink(cloudwatch).credentials.secretAccessKey",
        "destinations[].sink(webhook).tls.caFile",
      ]),
    );
    const destinations = found.filter(({ path }) => path.startsWith("destinations"));
    expect(destinations.filter(({ text }) => text === "").map(({ path }) => path)).toEqual([]);
  });
});
