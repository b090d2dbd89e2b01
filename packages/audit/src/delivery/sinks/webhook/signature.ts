import { createHmac } from "node:crypto";

const PREFIX = "whsec_";

/**
 * The headers of https://www.standardwebhooks.com: HMAC-SHA256 over `id.timestamp.content`. The content is signed as it
 * is before compression, which is what web frameworks hand over.
 */
export function signWebhook(
  secret: string,
  id: string,
  timestamp: number,
  content: string | Buffer,
): Readonly<Record<string, string>> {
  const seconds = String(Math.floor(timestamp / 1_000));
  const key = secret.startsWith(PREFIX) ? Buffer.from(secret.slice(PREFIX.length), "base64") : secret;
  const signature = createHmac("sha256", key).update(`${id}.${seconds}.`).update(content).digest("base64");
  return { "webhook-id": id, "webhook-timestamp": seconds, "webhook-signature": `v1,${signature}` };
}
