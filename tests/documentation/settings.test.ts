import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig } from "@sark/gateway";
import { afterAll, describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "sark-settings-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Secrets that the examples name. */
const environment = Object.fromEntries(
  ["SPLUNK_HEC_TOKEN", "DATADOG_API_KEY", "COLLECTOR_TOKEN", "WEBHOOK_SECRET"].map((name) => [
    name,
    "x".repeat(32),
  ]),
);

describe("settings that guides show [DOC-1]", () => {
  it.each(["docs/siem-guides.md", "docs/identity-providers.md"])("of %s are taken by the gateway", (page) => {
    const blocks = [...readFileSync(join(root, page), "utf8").matchAll(/```json\n([\s\S]*?)```/g)];
    expect(blocks.length).toBeGreaterThanOrEqual(3);
    for (const [, block = ""] of blocks) {
      const file = join(folder, "sark.json");
      writeFileSync(file, block);
      expect(() => loadConfig({ file, environment })).not.toThrow();
    }
  });
});
