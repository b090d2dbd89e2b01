import { renderHelp } from "@sark/settings/reference";
import { SETTINGS } from "./load.ts";

export function helpText(): string {
  return renderHelp(SETTINGS, {
    before: ["Usage: npm run start:metrics -- [--config FILE] [--help]", "", "Runs the metrics service."],
    after: ["docs/reference/metrics-service/configuration.md shows them as tables."],
  });
}
