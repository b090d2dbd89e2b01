import type pg from "pg";
import { createLogBuilder } from "../../log-builder/signing/log-builder.ts";
import { combineObservers } from "../../combine-observers.ts";
import { SILENT_AUDIT_OBSERVER } from "../../observer.ts";
import { applyRetention, type RetentionSettings } from "../../store/maintenance/retention.ts";
import { createKeySet } from "../../transparency-log/notes/key-set.ts";
import { createNoteSigner } from "../../transparency-log/notes/note-signer.ts";
import { namedKey } from "../../transparency-log/testing/keys.ts";
import { writeExport, type ExportOptions } from "../export/write-export.ts";

export const ORIGIN = "sark.example/audit";
export const signer = createNoteSigner(ORIGIN, namedKey("log"));
export const keys = createKeySet([{ key: signer.key, fromSize: 0, untilSize: Number.MAX_SAFE_INTEGER }]);
export const recordSigner = { origin: ORIGIN, signers: [signer], keys };

/** Signs all that was committed, as the gateway does; resolves to the checkpoint, rejects where the gateway refuses. */
export async function signLog(pool: pg.Pool, by = signer): Promise<string> {
  const { rows } = await pool.query<{ head: number }>("SELECT next_seq::int AS head FROM gateway_audit_head");
  const head = rows[0]?.head ?? 0;
  const signed = Promise.withResolvers<void>();
  const builder = createLogBuilder({
    pool,
    signer: by,
    origin: by.key.name,
    observer: {
      // A busy builder signs what it has read so far, then the rest.
      checkpointSigned: ({ size }) => void (size >= head && signed.resolve()),
      refused: signed.reject,
      failed: signed.reject,
    },
  });
  builder.start();
  await signed.promise;
  const note = await builder.latestCheckpoint();
  await builder.close();
  return note ?? "";
}

/** Applies retention once; resolves to the reasons for which it kept something that is old. */
export async function retainLog(
  pool: pg.Pool,
  settings: RetentionSettings = { days: 30, signer: recordSigner },
): Promise<string[]> {
  const held: string[] = [];
  const observer = combineObservers(SILENT_AUDIT_OBSERVER, { purgeHeld: ({ reason }) => held.push(reason) });
  const client = await pool.connect();
  await applyRetention(client, settings, observer).finally(() => client.release());
  return held;
}

/** The bytes of a verifiable export. */
export async function exportedLog(pool: pg.Pool, options: Partial<ExportOptions> = {}): Promise<Buffer> {
  const pieces: Buffer[] = [];
  await writeExport({ pool, write: async (piece) => void pieces.push(piece), ...options });
  return Buffer.concat(pieces);
}

export async function* inOnePiece(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
