import { loadSettings } from "@sark/settings";
import { SETTINGS } from "./settings.ts";
import type { GatewayConfig } from "./schema.ts";

/** The configuration of a gateway, read once and frozen. Throws `ConfigurationError` naming every setting at fault. */
export function loadConfig(source: {
  readonly file?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
}): GatewayConfig {
  return loadSettings(SETTINGS, source);
}
