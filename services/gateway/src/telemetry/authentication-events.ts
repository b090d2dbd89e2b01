import type { Logger } from "@sark/observability/logging";
import type { AuthenticationObserver } from "../authentication/contract/observer.ts";
import type { GatewayMetrics } from "./metrics.ts";

/** What happens behind authentication; refused credentials are told with the request they came with. */
export function createAuthenticationEvents(deps: {
  readonly metrics: GatewayMetrics;
  readonly logger: Logger;
}): AuthenticationObserver {
  const logger = deps.logger.child({ component: "authentication" });
  return {
    apiKeysLoaded: ({ keys }) => logger.info({ keys }, "API keys loaded"),
    apiKeysLoadFailed({ message }) {
      deps.metrics.recordFault("api_keys", "load_failed");
      logger.error({}, `the file of API keys cannot be used, those before stay in force: ${message}`);
    },
    apiKeyUsageNotWritten({ message }) {
      deps.metrics.recordFault("api_keys", "usage_not_written");
      logger.warn({}, `when API keys were used last cannot be written: ${message}`);
    },
    signingKeyFileChanged({ issuer, problem }) {
      if (problem === null) {
        logger.info({ issuer }, "the changed file of the issuer's key is in use");
      } else {
        logger.error(
          { issuer },
          `the changed file of the issuer's key cannot be used, the key before is: ${problem}`,
        );
      }
    },
    signingKeysFetched: () => undefined,
    signingKeysFetchFailed({ issuer, message, usable }) {
      deps.metrics.recordFault("jwks", "fetch_failed");
      logger.error({ issuer, usable }, `the issuer's signing keys could not be fetched: ${message}`);
    },
  };
}
