import { renderHelp } from "@sark/settings/reference";
import { SETTINGS } from "../settings.ts";

export function helpText(): string {
  return renderHelp(SETTINGS, {
    before: ["Usage: npm start -- [--config FILE] [--help]", "", "Runs the SARK gateway."],
    after: [
      "docs/reference/configuration.md shows them as tables; docs/reference/sark.schema.json is for editors.",
    ],
  });
}
