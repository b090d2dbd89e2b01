import { readFileSync } from "node:fs";
import { join } from "node:path";
import { durationSchema, secretSchema } from "@sark/observability/settings";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { settings } from "../environment.ts";
import { configSchema } from "../schema.ts";
import { groupSettings } from "./group-settings.ts";
import { helpText } from "./help-text.ts";
import { listSettings, type JsonSchema } from "./list-settings.ts";
import { configurationReference } from "./reference-page.ts";
import { settingGroups } from "./setting-groups.ts";

const rowsOf = (schema: z.ZodType) => listSettings(z.toJSONSchema(schema, { io: "input" }) as JsonSchema);
const gateway = rowsOf(configSchema);

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

  it("of the gateway contain all that variables give, and every key of every destination, each with its meaning", () => {
    const paths = gateway.map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(settings().map(({ path }) => path.join("."))));
    expect(paths).toEqual(
      expect.arrayContaining([
        "destinations[].name",
        "destinations[].sink(splunk_hec).token",
        "destinations[].sink(cloudwatch).credentials.secretAccessKey",
        "destinations[].sink(webhook).tls.caFile",
      ]),
    );
    expect(gateway.filter(({ text }) => text === "").map(({ path }) => path)).toEqual([]);
  });
});

describe("the reference and --help", () => {
  const page = configurationReference();
  const help = helpText();

  it("show every setting, with its variable and as values are written", () => {
    for (const { variable } of settings()) {
      expect(page).toContain(`\`${variable}\``);
      expect(help).toContain(`  ${variable}  (`);
    }
    for (const { name } of settingGroups().flatMap((group) => group.settings)) {
      expect(page).toContain(`| \`${name}\` |`);
      expect(help).toContain(`\n  ${name}  `);
    }
    expect(page).toContain('| `drainTimeout` | duration | `"10s"` | `SARK_HTTP_DRAIN_TIMEOUT` |');
    expect(help).toMatch(/ {2}drainTimeout {2}SARK_HTTP_DRAIN_TIMEOUT {2}\(duration\)\n.* Default: "10s"\./);
    expect(help).toMatch(/destinations\[\]\.sink, splunk_hec\n {2}url {2}\(URL\)/);
  });

  it("hold no JSON Schema: that is a file", () => {
    expect(page).not.toContain('"properties"');
    const shown = settingGroups().flatMap((group) => group.settings).length;
    expect(page.split("\n").length).toBeLessThan(3 * shown);
    const committed = readFileSync(
      join(import.meta.dirname, "../../../../../docs/reference/configuration.md"),
      "utf8",
    );
    expect(page).toBe(committed);
  });
});
