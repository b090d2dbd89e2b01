import { z } from "zod";
import { settings } from "./environment.ts";
import { fileSettings, type JsonSchema } from "./file-settings.ts";
import { configSchema } from "./schema.ts";

function describe(schema: z.ZodType): { text: string; fallback: string } {
  const fallback: unknown = z.toJSONSchema(schema, { io: "input" }).default;
  return { text: schema.description ?? "", fallback: fallback === undefined ? "" : JSON.stringify(fallback) };
}

/** The text of `--help`: every setting with its variable and default, from the schema itself. */
export function helpText(): string {
  const rows = settings().map((setting) => {
    const { text, fallback } = describe(setting.schema);
    return `  ${setting.variable}\n      ${text}${fallback === "" ? "" : ` Default: ${fallback}.`}`;
  });
  return [
    "Usage: npm start -- [--config FILE] [--help]",
    "",
    "Runs the SARK gateway. Settings come from FILE (JSON) and from environment variables, which win:",
    "",
    ...rows,
    "",
    "Lists and maps (upstreams, agents, http.allowedHosts, http.allowedOrigins, authentication.jwt,",
    "destinations, logging.files, logging.cloudwatch, audit.whenDown, audit.witnesses and the like) are given in FILE only; docs/reference/configuration.md",
    "shows them all.",
    "",
  ].join("\n");
}

/** docs/reference/configuration.md, from the schema. */
export function configurationReference(): string {
  const jsonSchema = z.toJSONSchema(configSchema, { io: "input" });
  const rows = settings().map((setting) => {
    const { text, fallback } = describe(setting.schema);
    return `| \`${setting.path.join(".")}\` | \`${setting.variable}\` | ${fallback === "" ? "" : `\`${fallback}\``} | ${text} |`;
  });
  return [
    "# Configuration",
    "",
    "Generated from `services/gateway/src/config/schema.ts` by `npm run generate`; do not edit.",
    "",
    "Settings come from a JSON file (`--config FILE` or `SARK_CONFIG`) and from environment variables, which win.",
    "Unknown keys and unknown `SARK_*` variables are refused.",
    "",
    "| setting | environment variable | default | meaning |",
    "|---|---|---|---|",
    ...rows,
    "",
    "## Servers in the shape of clients",
    "",
    "`upstreams` may be a map by name, and `mcpServers` of an MCP client's configuration may stand beside it or in its place:",
    "`type` for `transport`, `streamable-http` for `http`, `disabled` for `enabled`, `httpUrl` or `serverUrl` for `url` are understood.",
    "",
    "## Settings of the file only",
    "",
    "`[]` stands for each entry of a list, `.*` for each of a map, `(x)` for entries of kind x.",
    "",
    "| setting | default | meaning |",
    "|---|---|---|",
    ...fileOnlyRows(jsonSchema as JsonSchema),
    "",
    "## The whole file, as JSON Schema",
    "",
    "```json",
    JSON.stringify(jsonSchema, null, 2),
    "```",
    "",
  ].join("\n");
}

function fileOnlyRows(schema: JsonSchema): string[] {
  const elsewhere = new Set(settings().map(({ path }) => path.join(".")));
  return fileSettings(schema)
    .filter(({ path }) => !elsewhere.has(path))
    .map(({ path, fallback, required, text }) => {
      const otherwise = fallback === undefined ? (required ? "*required*" : "") : `\`${fallback}\``;
      return `| \`${path}\` | ${otherwise} | ${text.replaceAll("|", "\\|")} |`;
    });
}
