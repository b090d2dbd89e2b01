import type { HealthCheck } from "@sark/observability/health";
import { configuredKey, loadOrCreateSecret } from "@sark/service-start";
import { ConfigurationError } from "@sark/settings";
import type { MetricsConfig } from "../config/schema.ts";
import type { Database } from "../database/database.ts";
import type { LifecycleEvents } from "../telemetry/lifecycle-events.ts";
import { checkKeys, MissingKeyError } from "../webhooks/secrets/missing-keys.ts";
import { sealSecrets } from "../webhooks/secrets/seal-secrets.ts";
import { createSecretSeal, type SecretSeal } from "../webhooks/secrets/secret-seal.ts";

const PURPOSE = "sark metrics webhook secrets";

/**
 * Opens and seals secrets of webhooks with the configured keys, or one of this data directory's own. What is sealed otherwise is
 * sealed anew. Throws `ConfigurationError` where there are secrets that these keys do not open.
 */
export async function openWebhookSeal(
  config: Pick<MetricsConfig["webhooks"], "secretKey" | "furtherSecretKeys">,
  deps: {
    readonly database: Pick<Database, "asPlatform" | "withoutTenant">;
    readonly dataDirectory: string;
    readonly environment: NodeJS.ProcessEnv;
    readonly isEmbedded: boolean;
    readonly lifecycle: Pick<LifecycleEvents, "webhookKeyIsOfThisReplica" | "webhookSecretsSealed">;
  },
): Promise<SecretSeal> {
  const { database, dataDirectory, environment } = deps;
  const { secretKey, furtherSecretKeys } = config;
  const current =
    secretKey === undefined
      ? loadOrCreateSecret(dataDirectory, "webhooks.key")
      : configuredKey("webhooks.secretKey", secretKey, environment, PURPOSE);
  if (secretKey === undefined && !deps.isEmbedded) {
    deps.lifecycle.webhookKeyIsOfThisReplica();
  }
  const further = furtherSecretKeys.map((text, at) =>
    configuredKey(`webhooks.furtherSecretKeys.${at}`, text, environment, PURPOSE),
  );
  const seal = createSecretSeal([current, ...further]);
  try {
    await checkKeys(database, seal);
  } catch (error) {
    throw error instanceof MissingKeyError ? problemOf(error, seal, secretKey !== undefined) : error;
  }
  const sealed = await sealSecrets(database, seal);
  if (sealed > 0) {
    deps.lifecycle.webhookSecretsSealed(sealed, seal.keyName);
  }
  return seal;
}

/** A replica of which the others seal with a key that it does not have sends nothing to their webhooks, and makes none. */
export function webhookKeyCheck(database: Pick<Database, "withoutTenant">, seal: SecretSeal): HealthCheck {
  return {
    name: "webhook-keys",
    component: "webhooks",
    required: false,
    intervalMs: 5_000,
    async check(signal: AbortSignal) {
      signal.throwIfAborted();
      await checkKeys(database, seal);
    },
  };
}

function problemOf(error: MissingKeyError, seal: SecretSeal, isConfigured: boolean): ConfigurationError {
  const place = isConfigured ? "the configured keys are" : "the key in webhooks.key of the data directory is";
  return new ConfigurationError(
    `webhooks.secretKey: the database has secrets of webhooks that are sealed with the key named ${error.keyNames.join(", ")}; ${place} ${seal.keyNames.join(", ")}. Give every replica the same webhooks.secretKey, and a former one in webhooks.furtherSecretKeys. Where a key is lost: docs/webhooks.md, "Keys".`,
    { cause: error },
  );
}
