// Writes what is generated from code; with --check it only says what is stale or left over.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { leftOverFiles, staleFiles, type GeneratedFiles } from "./generated-files.ts";
import { linesOfUses } from "./reference/metric-uses.ts";
import { renderSinksReference } from "@sark/audit/reference";
import { apiReference, configurationReference, describeGateway, fileSchema } from "@sark/gateway";
import { catalog } from "@sark/gateway/metrics";
import * as metricsService from "@sark/metrics-service";
import * as deployment from "@sark/deployment";
import { generatedFiles } from "@sark/monitoring";
import { cliReference, cliSchemas } from "@sark/operations/reference";
import { mergeCatalogs, RECORDER_CATALOG, renderMetricsReference } from "@sark/observability/metrics";

const root = join(import.meta.dirname, "..");
const generated: GeneratedFiles = {
  "docs/reference/metrics.md": renderMetricsReference(mergeCatalogs(catalog, RECORDER_CATALOG), (name) =>
    linesOfUses(name, "sark-gateway", "../.."),
  ),
  "docs/reference/api.md": apiReference(),
  "docs/reference/openapi.json": `${JSON.stringify(describeGateway(), null, 2)}\n`,
  "docs/reference/configuration.md": configurationReference(),
  "docs/reference/sark.schema.json": `${JSON.stringify(fileSchema(), null, 2)}\n`,
  "docs/reference/metrics-service/api.md": metricsService.apiReference(),
  "docs/reference/metrics-service/openapi.json": `${JSON.stringify(metricsService.describeService(), null, 2)}\n`,
  "docs/reference/metrics-service/configuration.md": metricsService.configurationReference(),
  "docs/reference/metrics-service/metrics.md": renderMetricsReference(
    mergeCatalogs(metricsService.catalog, RECORDER_CATALOG),
    (name) => linesOfUses(name, "sark-metrics", "../../.."),
  ),
  "docs/reference/cli.md": await cliReference(),
  "docs/reference/cli.schema.json": `${JSON.stringify(await cliSchemas(), null, 2)}\n`,
  "docs/reference/sinks.md": renderSinksReference(),
  ...generatedFiles(),
  ...deployment.generatedFiles(),
};

const check = process.argv.includes("--check");
for (const file of staleFiles(generated, root)) {
  if (check) {
    console.error(`${file} is stale: run npm run generate`);
    process.exitCode = 1;
  } else {
    const path = join(root, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, generated[file] ?? "");
    console.log(`wrote ${file}`);
  }
}
for (const file of leftOverFiles(generated, root)) {
  if (check) {
    console.error(`${file} is not generated any more: run npm run generate, which removes it`);
    process.exitCode = 1;
  } else {
    rmSync(join(root, file));
    console.log(`removed ${file}`);
  }
}
