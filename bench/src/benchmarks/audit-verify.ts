import { generateKeyPairSync, hash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { to as copyTo } from "pg-copy-streams";
import { migrate } from "@sark/audit";
import { createLogBuilder, loadOrCreateSigner } from "@sark/audit/log-builder";
import { createKeySet, type NoteSigner } from "@sark/audit/transparency-log";
import { verifyOnline } from "@sark/audit/verification";
import { PEER_SESSION_REVISION, startPostgres } from "@sark/testkit";
import { withCleanup } from "../cleanup.ts";
import type { BenchOptions, BenchResult } from "../result.ts";
import { median } from "../statistics.ts";

const EVENTS = 1_000_000;
const AIM_SECONDS = 15;

/**
 * Verifies a log of a million events, against reading the same rows in order and one SHA-256 over each: what any
 * verifier has to do at the least.
 */
export function run(options: BenchOptions): Promise<BenchResult> {
  return withCleanup(async (defer) => {
    const postgres = await startPostgres({
      settings: { fsync: "off", full_page_writes: "off", max_wal_size: "4GB" },
    });
    defer(() => postgres.stop());
    const url = await postgres.createDatabase();
    await migrate(url);
    const pool = new pg.Pool({ connectionString: url });
    defer(() => pool.end());
    const folder = mkdtempSync(join(tmpdir(), "sark-bench-"));
    defer(() => rmSync(folder, { recursive: true }));
    const key = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" });
    writeFileSync(join(folder, "key.pem"), key, { mode: 0o600 });
    const signer = await loadOrCreateSigner(join(folder, "key.pem"), "sark.example/audit");

    options.progress(`writing ${EVENTS.toLocaleString("en")} events …`);
    await writeEvents(pool);
    options.progress("building the log …");
    const buildSeconds = await seconds(() => buildLog(pool, signer));

    const rounds = options.long ? 3 : 1;
    const reference: number[] = [];
    const ours: number[] = [];
    let peakMegabytes = 0;
    for (let round = 1; round <= rounds; round += 1) {
      options.progress(`reading and hashing, round ${round} of ${rounds} …`);
      reference.push(await seconds(() => readAndHash(pool)));
      options.progress(`verifying, round ${round} of ${rounds} …`);
      const watch = setInterval(
        () => (peakMegabytes = Math.max(peakMegabytes, process.memoryUsage.rss() / 2 ** 20)),
        50,
      );
      ours.push(await seconds(() => verify(pool, signer)));
      clearInterval(watch);
    }
    const taken = median(ours);
    return {
      name: "audit-verify",
      ratio: median(reference) / taken,
      aim: `1,000,000 events in under ${AIM_SECONDS} s`,
      met: taken < AIM_SECONDS,
      figures: {
        events: EVENTS,
        seconds: taken,
        events_per_second: EVENTS / taken,
        read_and_hash_seconds: median(reference),
        build_seconds: buildSeconds,
        peak_rss_megabytes: peakMegabytes,
      },
    };
  });
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1_000;
}

/** Rows as the store writes them for tool calls, canonical bytes and all, made by the database in one statement. */
async function writeEvents(pool: pg.Pool): Promise<void> {
  // Only the index that the verifier reads by: the others make the writing five times as long.
  await pool.query(`
    DO $$ DECLARE name text; BEGIN
      FOR name IN SELECT indexname FROM pg_indexes WHERE tablename = 'gateway_audit_events'
        AND indexname LIKE 'ix\\_%' AND indexname <> 'ix_gateway_audit_seq'
      LOOP EXECUTE 'DROP INDEX ' || name; END LOOP;
    END $$`);
  const json = (name: string): string => `'"${name}":' || to_json(${name})`;
  await pool.query(`
    INSERT INTO gateway_audit_events (id, seq, event_type, user_id, server_name, tool_name, decision, reason, "timestamp",
      gateway_request_id, metadata, created_at, phase, tenant_id, sensitivity, policy, canonical, leaf_hash)
    SELECT id::uuid, seq, event_type, user_id, server_name, tool_name, decision, reason, time::timestamptz,
      gateway_request_id, metadata::jsonb, time::timestamptz, phase, tenant_id, sensitivity, policy::jsonb, canonical,
      sha256('\\x00'::bytea || canonical)
    FROM (
      SELECT *, convert_to('{"created_at":"' || time || '",' || concat_ws(',', ${json("decision")}, ${json("event_type")},
        ${json("gateway_request_id")}, ${json("id")}, '"metadata":' || metadata, ${json("phase")}, '"policy":' || policy,
        ${json("reason")}, ${json("sensitivity")}, ${json("server_name")}, ${json("tenant_id")},
        '"timestamp":"' || time || '"', ${json("tool_name")}, ${json("user_id")}) || '}', 'UTF8') AS canonical
      FROM (
        SELECT seq, '019a9b1e-' || substr(lpad(to_hex(seq), 12, '0'), 1, 4) || '-7000-8000-' || lpad(to_hex(seq), 12, '0') AS id,
          'tool_invoke' AS event_type, 'user-' || seq % 500 AS user_id, 'server-' || seq % 7 AS server_name,
          'tool-' || seq % 61 AS tool_name, CASE seq % 11 WHEN 0 THEN 'deny' ELSE 'allow' END AS decision,
          'Permitted by developers-may-read.' AS reason, 'intent' AS phase, 'acme' AS tenant_id, 'low' AS sensitivity,
          to_char(timestamp '2026-11-21' + seq * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS time,
          '5f3a9c1e-7c1d-4f7e-9d55-' || lpad(seq::text, 12, '0') AS gateway_request_id,
          '{"jsonrpc_id":' || seq || ',"method":"tools/call","protocol_version":"${PEER_SESSION_REVISION}","reason_code":"allowed"}' AS metadata,
          '{"engine":"cedar","ids":["developers-may-read"],"revision":"6d1f0c4b9a"}' AS policy
        FROM generate_series(0, ${EVENTS - 1}) AS seq
      ) AS fields
    ) AS events`);
  await pool.query("UPDATE gateway_audit_head SET next_seq = $1", [EVENTS]);
  await pool.query("VACUUM ANALYZE gateway_audit_events");
}

async function buildLog(pool: pg.Pool, signer: NoteSigner): Promise<void> {
  const done = Promise.withResolvers<void>();
  const builder = createLogBuilder({
    pool,
    signer,
    origin: signer.key.name,
    observer: {
      checkpointSigned: ({ size }) => size === EVENTS && done.resolve(),
      refused: done.reject,
      failed: done.reject,
    },
  });
  builder.start();
  await done.promise;
  await builder.close();
}

async function readAndHash(pool: pg.Pool): Promise<void> {
  const client = await pool.connect();
  const stream = client.query(
    copyTo("COPY (SELECT * FROM gateway_audit_events ORDER BY seq) TO STDOUT (FORMAT binary)"),
  );
  // Signature and header, then rows: a count of fields, and each field behind its length; -1 is NULL and the end.
  let rest: Buffer = Buffer.alloc(0);
  let at = 19;
  let rows = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.concat([rest, chunk as Buffer]);
    for (let end = endOfRow(bytes, at); end > 0; end = endOfRow(bytes, at)) {
      hash("sha256", bytes.subarray(at, end), "buffer");
      rows += 1;
      at = end;
    }
    rest = bytes.subarray(at);
    at = 0;
  }
  client.release();
  if (rows !== EVENTS) {
    throw new Error(`read ${rows} rows`);
  }
}

function endOfRow(bytes: Buffer, start: number): number {
  if (start + 2 > bytes.length) {
    return -1;
  }
  const fields = bytes.readInt16BE(start);
  let at = start + 2;
  for (let field = 0; field < fields; field += 1) {
    if (at + 4 > bytes.length) {
      return -1;
    }
    at += 4 + Math.max(0, bytes.readInt32BE(at));
  }
  return fields < 0 || at > bytes.length ? -1 : at;
}

async function verify(pool: pg.Pool, signer: NoteSigner): Promise<void> {
  const keys = createKeySet([{ key: signer.key, fromSize: 0, untilSize: Number.MAX_SAFE_INTEGER }]);
  const { ok, events, findings } = await verifyOnline({ pool, keys });
  if (!ok || events !== EVENTS) {
    throw new Error(`verified ${events}: ${JSON.stringify(findings.slice(0, 3))}`);
  }
}
