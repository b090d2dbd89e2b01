import { createHmac, randomBytes } from "node:crypto";

const PREFIX = "whsec_";
export const SECRET_BYTES = 32;

export function newSecret(): Buffer {
  return randomBytes(SECRET_BYTES);
}

/** As its holder writes it down: https://www.standardwebhooks.com. */
export function shownSecret(secret: Buffer): string {
  return PREFIX + secret.toString("base64");
}

/**
 * The headers of a message. The id stays the same over attempts, so that the receiver knows what it has; the time is that of the
 * attempt. One signature for each secret, the newest first.
 */
export function signedHeaders(
  { id, body }: { readonly id: string; readonly body: string },
  secrets: readonly Buffer[],
  now: number,
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(now / 1_000));
  const signatures = secrets.map(
    (secret) => `v1,${createHmac("sha256", secret).update(`${id}.${timestamp}.${body}`).digest("base64")}`,
  );
  return {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": signatures.join(" "),
  };
}
