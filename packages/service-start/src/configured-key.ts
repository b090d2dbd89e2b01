import { hkdfSync } from "node:crypto";
import { expandReferences, SecretError } from "@sark/observability/settings";
import { ConfigurationError } from "@sark/settings";

const MIN_LENGTH = 32;
const KEY_BYTES = 32;

/**
 * The key of 32 bytes that stands for a configured secret: the same one on every replica that has the same secret. `setting` is
 * what the secret is called, `purpose` keeps keys of one secret apart. Throws `ConfigurationError`, without the secret.
 */
export function configuredKey(
  setting: string,
  text: string,
  environment: NodeJS.ProcessEnv,
  purpose: string,
): Buffer {
  const secret = expanded(setting, text, environment);
  if (secret.length < MIN_LENGTH) {
    throw new ConfigurationError(`${setting}: must have at least ${MIN_LENGTH} characters.`);
  }
  return Buffer.from(hkdfSync("sha256", secret, "", purpose, KEY_BYTES));
}

function expanded(setting: string, text: string, environment: NodeJS.ProcessEnv): string {
  try {
    return expandReferences(text, environment);
  } catch (cause) {
    if (!(cause instanceof SecretError)) {
      throw cause;
    }
    throw new ConfigurationError(`${setting}: ${cause.message}`, { cause });
  }
}
