// What an auditor runs, with read access to the database and the log's public key: `node verify.ts KEY`.
import { parseKeySet } from "@sark/audit/transparency-log";
import { verifyOnline } from "@sark/audit/verification";
import pg from "pg";

const { DATABASE_URL: connectionString } = process.env;
const [key] = process.argv.slice(2);
if (connectionString === undefined || key === undefined) {
  throw new Error("Set DATABASE_URL, and give the log's public key.");
}

const pool = new pg.Pool({ connectionString, max: 1 });
const { ok, checkpoint, findings } = await verifyOnline({ pool, keys: parseKeySet(key) });
await pool.end();
for (const { kind, message } of findings) {
  console.log(`${kind}: ${message}`);
}
console.log(ok ? `OK: ${checkpoint?.size} events are as they were signed` : "NOT OK");
process.exitCode = ok ? 0 : 1;
