import type { OpenedCheckpoint } from "../../transparency-log/notes/open-checkpoint.ts";
import { checkCheckpoint, type TrustedCheckpoint, type Trust } from "../trust/check-checkpoint.ts";
import { haveWitnessInCommon } from "../trust/have-witness-in-common.ts";
import type { Finding } from "../findings/finding.ts";
import type { LogConnection } from "../rows/log-connection.ts";

/** A tree that the events have to lead to. */
export interface Target {
  readonly size: number;
  readonly root: Uint8Array;
  readonly source: "checkpoint" | "remembered";
  /**
   * It belongs to the history that is remembered, also where the log's key was stolen: it is what is remembered, or a
   * witness of that cosigned it, too, and witnesses cosign only one history.
   */
  readonly isVouched: boolean;
}

/** The signed checkpoints of the database, verified as they are asked for, and the one that is remembered. */
export interface StoredCheckpoints {
  /** Trees of `from < size <= to`, in order of size. */
  between(from: number, to: number): Promise<Target[]>;
  /** The first tree larger than that. */
  after(size: number): Promise<Target | null>;
  /** The newest checkpoint that counts. */
  newest(): Promise<TrustedCheckpoint | null>;
  /** What was wrong with those that were looked at: a few of each kind. */
  readonly findings: readonly Finding[];
}

interface Row {
  readonly size: string;
  readonly root: Buffer;
  readonly note: string;
  readonly time_stamp: Buffer | null;
}

const COLUMNS = "SELECT size, root, note, time_stamp FROM gateway_audit_checkpoints WHERE note IS NOT NULL";
const MAX_FINDINGS = 20;

export function readStoredCheckpoints(
  { client }: LogConnection,
  trust: Trust,
  remembered: OpenedCheckpoint | null,
): StoredCheckpoints {
  const findings = new Map<string, Finding>();

  function open(row: Row): TrustedCheckpoint | null {
    const { note, root, time_stamp: timeStamp } = row;
    const checked = checkCheckpoint({ note, size: Number(row.size), root, timeStamp }, trust);
    for (const finding of checked.findings) {
      if (findings.size < MAX_FINDINGS) {
        findings.set(finding.message, finding);
      }
    }
    return checked.checkpoint;
  }

  function withRemembered(targets: Target[], from: number, to: number): Target[] {
    const inside = remembered !== null && remembered.size > from && remembered.size <= to;
    const all: Target[] = inside
      ? [...targets, { ...remembered, source: "remembered", isVouched: true }]
      : targets;
    return all.toSorted((a, b) => a.size - b.size);
  }

  async function select(where: string, values: readonly unknown[]): Promise<TrustedCheckpoint[]> {
    const { rows } = await client.query<Row>(`${COLUMNS} AND ${where}`, [...values]);
    return rows.flatMap((row) => open(row) ?? []);
  }

  return {
    async between(from, to) {
      const found = await select("size > $1 AND size <= $2 ORDER BY size", [from, to]);
      return withRemembered(
        found.map((one) => toTarget(one, remembered)),
        from,
        to,
      );
    },
    async after(size) {
      // The next few: one of them counts, unless most are forged.
      const found = await select("size > $1 ORDER BY size LIMIT 100", [size]);
      const targets = found.map((one) => toTarget(one, remembered));
      return withRemembered(targets, size, Number.POSITIVE_INFINITY)[0] ?? null;
    },
    async newest() {
      const { rows } = await client.query<Row>(`${COLUMNS} ORDER BY size DESC LIMIT 1000`);
      for (const row of rows) {
        const opened = open(row);
        if (opened !== null) {
          return opened;
        }
      }
      return null;
    },
    get findings() {
      return [...findings.values()];
    },
  };
}

function toTarget(checkpoint: TrustedCheckpoint, remembered: OpenedCheckpoint | null): Target {
  const { size, root } = checkpoint;
  return { size, root, source: "checkpoint", isVouched: haveWitnessInCommon(checkpoint, remembered) };
}
