import { hash } from "node:crypto";
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

/** Keeps the response of a request, unless another one with the same key was first. */
export async function keepResponse(
  tx: Queryable,
  tenant: string,
  kept: { readonly key: string; readonly request: Buffer; readonly response: object },
): Promise<void> {
  await tx.query(
    `INSERT INTO metrics.idempotency_keys (tenant_id, key, request_sha256, response)
     VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
    [tenant, kept.key, kept.request, JSON.stringify(kept.response)],
  );
}
