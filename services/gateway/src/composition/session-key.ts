import { hkdfSync } from "node:crypto";
import { expandReferences, SecretError } from "@sark/observability/settings";
import { ConfigurationError } from "@sark/settings";
import { loadOrCreateSecret } from "@sark/service-start";

const MIN_LENGTH = 32;
const KEY_BYTES = 32;

/** What ties sessions to their callers: the configured secret, the same on every replica, or one of this data directory's own. */
export function sessionKey(
  configured: string | undefined,
  dataDirectory: string,
  environment: NodeJS.ProcessEnv,
): Buffer {
  if (configured === undefined) {
    return loadOrCreateSecret(dataDirectory, "session.key");
  }
  const secret = expanded(configured, environment);
  if (secret.length < MIN_LENGTH) {
    throw new ConfigurationError(`mcp.sessionKey: must have at least ${MIN_LENGTH} characters.`);
  }
  return Buffer.from(hkdfSync("sha256", secret, "", "sark mcp session key", KEY_BYTES));
}

function expanded(text: string, environment: NodeJS.ProcessEnv): string {
  try {
    return expandReferences(text, environment);
  } catch (cause) {
    if (!(cause instanceof SecretError)) {
      throw cause;
    }
    throw new ConfigurationError(`mcp.sessionKey: ${cause.message}`, { cause });
  }
}
