import { hash } from "node:crypto";
import { arrayLiteral } from "@sark/audit/postgres";
import type { Queryable } from "../database/database.ts";

/** What was responded to a request with this key before; `null`: nothing. */
export interface StoredResponse {
  readonly isSameRequest: boolean;
  readonly response: unknown;
}

/** Of a body as it was sent. */
export function digestOfRequest(body: Buffer): Buffer {
  return Buffer.from(hash("sha256", body, "hex"), "hex");
}

export async function findResponse(
  tx: Queryable,
  key: string,
  request: Buffer,
): Promise<StoredResponse | null> {
  const { rows } = await tx.query<{ same: boolean; response: unknown }>(
    "SELECT request_sha256 = $2 AS same, response FROM metrics.idempotency_keys WHERE key = $1",
    [key, request],
  );
  const [found] = rows;
  return found === undefined ? null : { isSameRequest: found.same, response: found.response };
}

/** What a request is to get that comes again with its key. */
export interface KeptResponse {
  readonly key: string;
  readonly request: Buffer;
  readonly response: object;
}

/** Another request had the key first, and its response holds. Nothing of the transaction is kept. */
export class KeyTaken extends Error {
  override readonly name = "KeyTaken";
}

/**
 * Keeps the responses of requests in the transaction of their events, as its last statement: where one is committed, so is the
 * other. In the order of their keys, for transactions with keys in common. Rejects with `KeyTaken` where one of the keys was kept
 * before, or comes twice; waits for a transaction that is about to keep it.
 */
export async function keepResponses(
  tx: Queryable,
  tenant: string,
  kept: readonly KeptResponse[],
): Promise<void> {
  if (kept.length === 0) {
    return;
  }
  const column = (read: (one: KeptResponse) => string) => arrayLiteral(kept.map(read));
  const { rowCount } = await tx.query({
    name: "keep-responses",
    text: `INSERT INTO metrics.idempotency_keys (tenant_id, key, request_sha256, response)
SELECT $1, k.key, decode(k.request, 'hex'), k.response::jsonb
FROM unnest($2::text[], $3::text[], $4::text[]) AS k(key, request, response)
ORDER BY k.key
ON CONFLICT DO NOTHING`,
    values: [
      tenant,
      column(({ key }) => key),
      column(({ request }) => request.toString("hex")),
      column(({ response }) => JSON.stringify(response)),
    ],
  });
  if (rowCount !== kept.length) {
    throw new KeyTaken("Another request with the same Idempotency-Key was first.");
  }
}
