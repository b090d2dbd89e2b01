// Writes what is generated from code; with --check it only says what is stale.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { renderMetricsReference } from "@sark/observability";
import { configurationReference } from "../services/gateway/src/config/help.ts";
import { configSchema } from "../services/gateway/src/config/schema.ts";
import { catalog } from "../services/gateway/src/telemetry/telemetry.ts";

const root = join(import.meta.dirname, "..");
const generated: Record<string, string> = {
  "docs/reference/metrics.md": renderMetricsReference(catalog),
  "docs/reference/configuration.md": configurationReference(z.toJSONSchema(configSchema, { io: "input" })),
};

const check = process.argv.includes("--check");
for (const [file, text] of Object.entries(generated)) {
  const path = join(root, file);
  if (read(path) === text) continue;
  if (check) {
    console.error(`${file} is stale: run npm run generate`);
    process.exitCode = 1;
  } else {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    console.log(`wrote ${file}`);
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
