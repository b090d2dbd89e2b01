import { waitForWork } from "@sark/audit/postgres";
import type { Database, Queryable } from "../../database/database.ts";
import type { SecretSeal } from "./secret-seal.ts";

/** Secrets are sealed with a key that this process does not have. */
export class MissingKeyError extends Error {
  override readonly name = "MissingKeyError";
  /** Of the keys, as the database has them. */
  readonly keyNames: readonly string[];
  /** @param known of the keys that this process has */
  constructor(keyNames: readonly string[], known: readonly string[]) {
    super(
      `secrets of webhooks are sealed with the key named ${keyNames.join(", ")}, and this process has ${known.join(", ")}: give every replica the same webhooks.secretKey`,
    );
    this.keyNames = keyNames;
  }
}

type Keys = Pick<SecretSeal, "keyNames">;

/** Until the transaction ends, no other one seals a secret: what it reads of the keys in use stays true. */
export async function takeSealing(tx: Queryable): Promise<void> {
  await waitForWork(tx, "seal a secret of a webhook");
}

/** Names of keys that secrets are sealed with, whichever tenant's, and that this process does not have. */
export async function missingKeys(tx: Queryable, { keyNames }: Keys): Promise<readonly string[]> {
  const { rows } = await tx.query<{ name: string }>("SELECT metrics.webhook_keys_besides($1) AS name", [
    [...keyNames],
  ]);
  return rows.map(({ name }) => name);
}

/**
 * In the transaction that seals a secret, before it does. Rejects with `MissingKeyError` where another key is in use: replicas that have no
 * key in common would each seal what the others cannot open.
 */
export async function refuseSecondKey(tx: Queryable, seal: Keys): Promise<void> {
  await takeSealing(tx);
  refuse(await missingKeys(tx, seal), seal);
}

/** Rejects with `MissingKeyError` where there are secrets that this process cannot open: it sends nothing to their webhooks. */
export async function checkKeys(database: Pick<Database, "withoutTenant">, seal: Keys): Promise<void> {
  refuse(await database.withoutTenant("webhooks", (tx) => missingKeys(tx, seal)), seal);
}

function refuse(missing: readonly string[], { keyNames }: Keys): void {
  if (missing.length > 0) {
    throw new MissingKeyError(missing, keyNames);
  }
}
