import { createSecretSeal } from "../secrets/secret-seal.ts";
import { createPublisher } from "../publish.ts";

/** What tests of webhooks have in common that need no service around them. */
export const testSeal = createSecretSeal([Buffer.alloc(32, "test")]);
/** Of what nothing is sent at once. */
export const testPublish = createPublisher({ add: () => undefined });
