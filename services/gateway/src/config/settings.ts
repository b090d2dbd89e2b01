import type { SettingsDefinition } from "@sark/settings";
import { adoptClientServers } from "./client-servers.ts";
import { hintAt } from "./former-names.ts";
import { configSchema } from "./schema.ts";

/** The settings of the gateway: `--help`, the reference and what is loaded come from here. */
export const SETTINGS: SettingsDefinition<typeof configSchema> = {
  schema: configSchema,
  shape: configSchema.shape,
  prefix: "SARK_",
  wellKnown: {
    "database.url": "DATABASE_URL",
    "policy.opaUrl": "OPA_URL",
    "tracing.endpoint": "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
  },
  otherVariables: ["SARK_CONFIG"],
  adopt: adoptClientServers,
  hint: hintAt,
};
