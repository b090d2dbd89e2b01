import { renderSettings } from "@sark/settings/reference";
import { SETTINGS } from "./load.ts";

/** docs/reference/metrics-service/configuration.md, from the schema. */
export function configurationReference(): string {
  return renderSettings(SETTINGS, INTRODUCTION);
}

const INTRODUCTION = `# Configuration of the metrics service

Generated from \`services/metrics/src/config/schema.ts\` by \`npm run generate\`; do not edit.

Settings come from a JSON file (\`--config FILE\` or \`METRICS_CONFIG\`) and from environment variables, which win. Unknown keys and
unknown \`METRICS_*\` variables are refused. Durations (\`"30s"\`), sizes (\`"8MiB"\`) and secrets (\`"\${NAME}"\`, \`"\${file:PATH}"\`) are
written as in the [configuration of the gateway](../configuration.md#how-values-are-written).

## Settings

\`[]\` stands for each entry of a list, \`.*\` for each of a map.
`;
