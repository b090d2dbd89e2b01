import { globSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { describe, expect, it } from "vitest";
import { configSchema } from "./schema.ts";
import { fileSchema } from "./file-schema.ts";
import { loadConfig } from "./load.ts";

const ROOT = join(import.meta.dirname, "../../../..");
const ajv = new Ajv2020({ strict: true, strictRequired: false, allErrors: true });
addFormats.default(ajv);
const validate = ajv.compile(fileSchema());
const folder = mkdtempSync(join(tmpdir(), "sark-schema-"));

function load(content: unknown): void {
  const file = join(folder, "sark.json");
  writeFileSync(file, JSON.stringify(content));
  loadConfig({ file, environment: {} });
}

/** What documents show of configuration files, by document and line. */
function examples(): [string, unknown][] {
  const files = globSync(["*.md", "docs/**/*.md"], { cwd: ROOT });
  return files.flatMap((file) =>
    [...readFileSync(join(ROOT, file), "utf8").matchAll(/^```json\n([^]*?)^```/gm)].flatMap((block) => {
      const line = block.input.slice(0, block.index).split("\n").length;
      const content: unknown = JSON.parse(block[1] ?? "");
      return isConfiguration(content) ? [[`${file}:${line}`, content] as [string, unknown]] : [];
    }),
  );
}

function isConfiguration(content: unknown): boolean {
  const sections = [...Object.keys(configSchema.shape), "mcpServers"];
  const keys = typeof content === "object" && content !== null ? Object.keys(content) : [];
  return keys.length > 0 && keys.every((key) => sections.includes(key));
}

describe("the JSON Schema of the configuration file", () => {
  it("is the one that is committed", () => {
    const committed = readFileSync(join(ROOT, "docs/reference/sark.schema.json"), "utf8");
    expect(JSON.parse(committed)).toEqual(fileSchema());
  });

  it("finds the examples of the documents", () => {
    expect(examples().length).toBeGreaterThan(5);
  });

  it.each(examples())("accepts %s, as the gateway does", (_where, content) => {
    expect(validate(content) ? [] : validate.errors).toEqual([]);
    expect(() => load(content)).not.toThrow();
  });

  it.each<[string, unknown]>([
    ["an empty file", {}],
    ["its own address", { $schema: "./docs/reference/sark.schema.json" }],
    ["servers as a map", { upstreams: { a: { url: "https://h/mcp" }, b: { command: "b" } } }],
    [
      "servers as clients have them",
      { mcpServers: { a: { type: "streamable-http", serverUrl: "https://h/", disabled: true } } },
    ],
    [
      "servers as a list",
      {
        upstreams: [
          { name: "a", transport: "stdio", command: "a" },
          { name: "b", url: "http://h/" },
        ],
      },
    ],
    [
      "a duration, a size, a flag and a secret",
      {
        http: { drainTimeout: "1m", maxBodySize: "64KiB" },
        audit: { signing: false, retention: "90d" },
        policy: { opaToken: "${file:/run/secrets/opa}" },
        destinations: [{ name: "dd", start: { seq: 5 }, sink: { type: "datadog", apiKey: "${DD_API_KEY}" } }],
      },
    ],
  ])("accepts %s, as the gateway does", (_what, content) => {
    expect(validate(content) ? [] : validate.errors).toEqual([]);
    expect(() => load(content)).not.toThrow();
  });

  it.each<[string, unknown]>([
    ["an unknown section", { htpp: {} }],
    ["an unknown key", { http: { prot: 1 } }],
    ["a duration without a unit", { http: { drainTimeout: 10_000 } }],
    ["a duration that is none", { http: { drainTimeout: "10 s" } }],
    ["a size of another kind", { http: { maxBodySize: "4MB" } }],
    ["a flag that is text", { audit: { signing: "on" } }],
    ["a secret in the file", { policy: { opaToken: "s3cret" } }],
    [
      "a secret as an object",
      { destinations: [{ name: "a", sink: { type: "datadog", apiKey: { env: "K" } } }] },
    ],
    ["an unknown sink", { destinations: [{ name: "a", sink: { type: "kafka" } }] }],
    ["a server of a list without a name", { upstreams: [{ url: "https://h/" }] }],
    ["a server that is neither kind", { mcpServers: { a: { args: [] } } }],
    ["a server that is both kinds", { mcpServers: { a: { url: "https://h/", command: "a" } } }],
    ["a retired transport", { mcpServers: { a: { type: "sse", url: "https://h/sse" } } }],
    ["a schema that is no text", { $schema: 5 }],
    ["a list", []],
  ])("refuses %s, as the gateway does", (_what, content) => {
    expect(validate(content)).toBe(false);
    expect(() => load(content)).toThrow();
  });
});
