import { readFileSync } from "node:fs";
import { join } from "node:path";
import { listSettings, settingGroups, settings } from "@sark/settings/reference";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { configSchema } from "../schema.ts";
import { SETTINGS } from "../settings.ts";
import { helpText } from "./help-text.ts";
import { configurationReference } from "./reference-page.ts";

const gateway = listSettings(
  z.toJSONSchema(configSchema, { io: "input" }) as Parameters<typeof listSettings>[0],
);

describe("the settings of the gateway", () => {
  it("contain all that variables give, and every key of every destination, each with its meaning", () => {
    const paths = gateway.map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(settings(SETTINGS).map(({ path }) => path.join("."))));
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
    for (const { variable } of settings(SETTINGS)) {
      expect(page).toContain(`\`${variable}\``);
      expect(help).toContain(`  ${variable}  (`);
    }
    for (const { name } of settingGroups(SETTINGS).flatMap((group) => group.settings)) {
      expect(page).toContain(`| \`${name}\` |`);
      expect(help).toContain(`\n  ${name}  `);
    }
    expect(page).toContain('| `drainTimeout` | duration | `"10s"` | `SARK_HTTP_DRAIN_TIMEOUT` |');
    expect(help).toMatch(/ {2}drainTimeout {2}SARK_HTTP_DRAIN_TIMEOUT {2}\(duration\)\n.* Default: "10s"\./);
    expect(help).toMatch(/destinations\[\]\.sink, splunk_hec\n {2}url {2}\(URL\)/);
  });

  it("hold no JSON Schema: that is a file", () => {
    expect(page).not.toContain('"properties"');
    const shown = settingGroups(SETTINGS).flatMap((group) => group.settings).length;
    expect(page.split("\n").length).toBeLessThan(3 * shown);
    const committed = readFileSync(
      join(import.meta.dirname, "../../../../../docs/reference/configuration.md"),
      "utf8",
    );
    expect(page).toBe(committed);
  });
});
