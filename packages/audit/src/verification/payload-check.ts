import { hash } from "node:crypto";
import type { BinaryRow } from "./binary-rows.ts";
import type { Finding } from "./finding.ts";
import type { LogConnection } from "./log-connection.ts";

/** Checks the arguments and results that lie beside the log: each has to be the one whose salted digest was logged. */
export interface PayloadCheck {
  /** Those of the events `from … to-1`, whose columns were verified before. */
  check(from: number, to: number): Promise<void>;
  /** The first that is not. */
  readonly findings: readonly Finding[];
}

export async function createPayloadCheck({ client, copy }: LogConnection): Promise<PayloadCheck> {
  const { rows } = await client.query("SELECT FROM gateway_audit_payloads WHERE body IS NOT NULL LIMIT 1");
  const findings: Finding[] = [];
  const onRow = (row: BinaryRow): void => {
    const seq = Number(part(row, 0).readBigInt64BE(0));
    const digest = hash("sha256", Buffer.concat([part(row, 3), part(row, 4)]), "hex");
    if (findings.length > 0 || digest === part(row, 5).toString("utf8")) return;
    const [id, kind] = [part(row, 1).toString("utf8"), part(row, 2).toString("utf8")];
    const message = `The ${kind} kept for event ${id} at seq ${seq} are not those whose digest was logged.`;
    findings.push({ kind: "payload_altered", seq, id, message });
  };
  return {
    findings,
    async check(from, to) {
      if (rows.length === 0 || findings.length > 0) return;
      await copy(
        `SELECT e.seq, p.event_id::text, p.kind, p.salt, p.body, e.payloads -> p.kind ->> 'digest'
         FROM gateway_audit_events AS e
         JOIN gateway_audit_payloads AS p ON p.event_id = e.id AND p."timestamp" = e."timestamp"
         WHERE e.seq >= ${from} AND e.seq < ${to} AND e.payloads IS NOT NULL AND p.body IS NOT NULL ORDER BY e.seq`,
        6,
        onRow,
      );
    },
  };
}

function part({ bytes, offsets, lengths }: BinaryRow, at: number): Buffer {
  const [offset = 0, length = 0] = [offsets[at], lengths[at]];
  return bytes.subarray(offset, offset + Math.max(0, length));
}
