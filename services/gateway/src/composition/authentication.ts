import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { generateAdminKey } from "../authentication/api-keys/issue-key.ts";
import { openApiKeyStore } from "../authentication/api-keys/api-key-store.ts";
import type { HealthCheck } from "@sark/observability/health";
import { authenticationCheck, watchSigningKeys } from "../authentication/health-checks.ts";
import { createAuthenticator, type Authenticator } from "../authentication/authenticator.ts";
import type { IssuerOptions } from "@sark/authentication";
import type { AuthenticationObserver } from "../authentication/contract/observer.ts";
import type { GatewayConfig } from "../config/schema.ts";

/** Opens the keys (making the admin's on a first start) and accepts tokens where an issuer is configured. */
export async function startAuthentication(
  config: GatewayConfig["authentication"],
  dataDirectory: string,
  observer: AuthenticationObserver,
): Promise<{
  readonly authenticator: Authenticator;
  readonly adminKeyFile: string;
  readonly check: HealthCheck;
  close(): Promise<void>;
}> {
  const file = config.apiKeysFile ?? join(dataDirectory, "api-keys.json");
  if (!existsSync(file)) {
    await generateAdminKey(file).catch((error: unknown) => {
      // A gateway that started at the same time may have made it; what is wrong with it is told when it is opened.
      if (!existsSync(file)) {
        throw error;
      }
    });
  }
  const readsScopes = config.scopes.required.length > 0;
  const apiKeys = await openApiKeyStore({ file, observer });
  const signingKeys = watchSigningKeys(observer);
  const authenticator = createAuthenticator({
    apiKeys,
    jwt: config.jwt.map((issuer) => issuerOptions(issuer, readsScopes)),
    certificates: config.certificates,
    observer: signingKeys.observer,
  });
  return {
    authenticator,
    adminKeyFile: join(dirname(file), "admin.key"),
    check: authenticationCheck(apiKeys, signingKeys),
    close: () => authenticator.close(),
  };
}

function issuerOptions(
  issuer: GatewayConfig["authentication"]["jwt"][number],
  readsScopes: boolean,
): IssuerOptions {
  const { clockTolerance, cacheTtl, audiences = null, ...options } = issuer;
  return {
    ...options,
    audiences,
    readsScopes,
    clockToleranceSeconds: clockTolerance / 1_000,
    rememberSeconds: cacheTtl / 1_000,
  };
}
