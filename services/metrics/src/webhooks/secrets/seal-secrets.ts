import type { Database, Queryable } from "../../database/database.ts";
import { missingKeys, takeSealing } from "./missing-keys.ts";
import type { SecretSeal } from "./secret-seal.ts";

/** Webhooks in one statement. */
const PIECE = 500;
const OTHERS = `SELECT tenant_id, webhook_id, secret, sealed_secret,
  CASE WHEN previous_until > now() THEN previous_secret END AS previous_secret,
  CASE WHEN previous_until > now() THEN sealed_previous END AS sealed_previous
FROM metrics.webhooks
WHERE (secret IS NOT NULL OR previous_secret IS NOT NULL OR split_part(sealed_secret, '.', 1) <> $1
  OR split_part(sealed_previous, '.', 1) <> $1) AND ($2::text IS NULL OR (tenant_id, webhook_id) > ($2, $3::uuid))
ORDER BY tenant_id, webhook_id LIMIT $4 FOR UPDATE`;
const SEAL = `UPDATE metrics.webhooks SET secret = NULL, previous_secret = NULL, sealed_secret = $3, sealed_previous = $4
WHERE tenant_id = $1 AND webhook_id = $2`;

interface Row extends Record<string, unknown> {
  readonly tenant_id: string;
  readonly webhook_id: string;
  readonly secret: Buffer | null;
  readonly sealed_secret: string | null;
  readonly previous_secret: Buffer | null;
  readonly sealed_previous: string | null;
}

/**
 * Seals with the current key what is plain, from an earlier version, or sealed with a former one. Resolves to how many webhooks: none
 * where secrets are sealed with a key that this process does not have.
 */
export async function sealSecrets(database: Pick<Database, "asPlatform">, seal: SecretSeal): Promise<number> {
  let sealed = 0;
  let after: Row | null = null;
  do {
    const piece = await database.asPlatform("webhooks", (tx) => sealPiece(tx, seal, after));
    sealed += piece.sealed;
    after = piece.last;
  } while (after !== null);
  return sealed;
}

async function sealPiece(
  tx: Queryable,
  seal: SecretSeal,
  after: Row | null,
): Promise<{ readonly sealed: number; readonly last: Row | null }> {
  await takeSealing(tx);
  if ((await missingKeys(tx, seal)).length > 0) {
    return { sealed: 0, last: null };
  }
  const { rows } = await tx.query<Row>(OTHERS, [
    seal.keyName,
    after?.tenant_id ?? null,
    after?.webhook_id ?? null,
    PIECE,
  ]);
  let sealed = 0;
  for (const row of rows) {
    const secret = openedSecret(seal, row, row.secret, row.sealed_secret);
    if (secret === null) {
      // Changed: its deliveries say so.
      continue;
    }
    const previous = openedSecret(seal, row, row.previous_secret, row.sealed_previous);
    const owner = { tenant: row.tenant_id, webhook: row.webhook_id };
    await tx.query(SEAL, [
      row.tenant_id,
      row.webhook_id,
      seal.close(owner, secret),
      previous === null ? row.sealed_previous : seal.close(owner, previous),
    ]);
    sealed += 1;
  }
  return { sealed, last: rows.length === PIECE ? (rows.at(-1) ?? null) : null };
}

function openedSecret(
  seal: SecretSeal,
  { tenant_id: tenant, webhook_id: webhook }: Row,
  plain: Buffer | null,
  sealed: string | null,
): Buffer | null {
  return plain ?? (sealed === null ? null : seal.open({ tenant, webhook }, sealed));
}
