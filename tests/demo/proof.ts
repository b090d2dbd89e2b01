import { readFileSync } from "node:fs";
import { parseKeySet } from "@sark/audit/transparency-log";
import { verifyOnline, type Finding } from "@sark/audit/verification";
import { waitUntil } from "@sark/observability/waiting";
import pg from "pg";

/** What an auditor finds in the database, with nothing but the log's public key; waits until all of it is signed. */
async function verify(
  pool: pg.Pool,
  keyFile: string,
): Promise<{ signed: number; findings: readonly Finding[] }> {
  const keys = parseKeySet(readFileSync(keyFile, "utf8"));
  const { rows } = await pool.query<{ head: string }>("SELECT next_seq AS head FROM gateway_audit_head");
  let seen: { readonly signed: number; readonly findings: readonly Finding[] } = { signed: 0, findings: [] };
  await waitUntil(
    async () => {
      const { checkpoint, findings } = await verifyOnline({ pool, keys });
      seen = { signed: checkpoint?.size ?? 0, findings };
      return findings.length > 0 || seen.signed >= Number(rows[0]?.head);
    },
    { everyMs: 50 },
  );
  return seen;
}

/** Rows of a table: what the verifier says of the log as it is, and after its owner turned a denial into a permission. */
export async function proveTheLog(databaseUrl: string, keyFile: string): Promise<string[][]> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 2 });
  pool.on("error", () => undefined);
  try {
    const sound = await verify(pool, keyFile);
    const forged = await pool.query<{ seq: string }>(
      `UPDATE gateway_audit_events SET decision = 'allow' WHERE seq =
         (SELECT min(seq) FROM gateway_audit_events WHERE decision = 'deny') RETURNING seq`,
    );
    const { findings } = await verify(pool, keyFile);
    await pool.query("UPDATE gateway_audit_events SET decision = 'deny' WHERE seq = $1", [
      forged.rows[0]?.seq,
    ]);
    const [first] = findings;
    return [
      [
        "the log as it is",
        sound.findings.length === 0 ? `OK: all ${sound.signed} events are as they were signed` : "NOT OK",
      ],
      [
        `number ${forged.rows[0]?.seq} changed in the database from deny to allow`,
        first === undefined ? "NOT FOUND" : `found at ${first.seq}: ${first.message}`,
      ],
    ];
  } finally {
    await pool.end();
  }
}
