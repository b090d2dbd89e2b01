import { expandReferences, SecretError } from "@sark/observability/settings";
import { ConfigurationError } from "@sark/settings";

/**
 * The connection string of `database.url` with the secrets that it refers to, encoded as parts of a URL have to be;
 * `undefined` where there is none. Throws `ConfigurationError`, without the secret.
 */
export function configuredDatabase(
  url: string | undefined,
  environment: NodeJS.ProcessEnv,
): string | undefined {
  if (url === undefined) {
    return undefined;
  }
  try {
    return expandReferences(url, environment, encodeURIComponent);
  } catch (cause) {
    if (!(cause instanceof SecretError)) {
      throw cause;
    }
    throw new ConfigurationError(`database.url: ${cause.message}`, { cause });
  }
}
