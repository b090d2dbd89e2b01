import { loadSettings, type SettingsDefinition } from "@sark/settings";
import { configSchema, type MetricsConfig } from "./schema.ts";

/** The settings of the service: `--help`, the reference and what is loaded come from here. */
export const SETTINGS: SettingsDefinition<typeof configSchema> = {
  schema: configSchema,
  shape: configSchema.shape,
  prefix: "METRICS_",
  wellKnown: {
    "database.url": "DATABASE_URL",
    "redis.url": "REDIS_URL",
    "tracing.endpoint": "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
  },
  otherVariables: ["METRICS_CONFIG"],
};

/** Throws `ConfigurationError` naming every setting at fault. */
export function loadConfig(source: {
  readonly file?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
}): MetricsConfig {
  return loadSettings(SETTINGS, source);
}
