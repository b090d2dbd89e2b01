import { createPool } from "../../postgres/pool.ts";
import type { Attestor } from "../../attestation/attestor.ts";
import type { TrustedKey } from "../../transparency-log/notes/key-set.ts";
import { fileMemory } from "./checkpoint-memory.ts";
import { createLogBuilder, type LogBuilder } from "./log-builder.ts";
import type { LogBuilderObserver } from "../observer.ts";
import { loadOrCreateSigner } from "./signer-file.ts";

/** Where the audit log is, the key that signs it, and who confirms what was signed. */
export interface TransparencyLogOptions {
  /** Of the audit database, migrated. */
  readonly connectionString: string;
  /** The log's name, which is also its key's. */
  readonly origin: string;
  /** Ed25519 key in PEM, mode 0600; made when it is not there. All replicas need the same. */
  readonly keyFile: string;
  /** Where this process remembers, outside the database, what was signed. */
  readonly memoryFile: string;
  readonly intervalMs?: number;
  /** Keys that signed before, and the sizes that they may have signed. */
  readonly formerKeys?: readonly TrustedKey[];
  /** Witnesses and time-stamp authorities. */
  readonly attestors?: readonly Attestor[];
  /** Records of purges below this number count without a signature: an older version wrote them. */
  readonly unsignedUntil?: number;
  readonly observer?: Partial<LogBuilderObserver>;
}

/** A log builder with connections of its own, and the public half of its key. */
export interface TransparencyLog extends LogBuilder {
  /** The key that verifiers have to trust, as a line for `parseKeySet`. */
  readonly verifierKey: string;
}

/** For queries of readers, and for the leader's own connection. */
const MAX_CONNECTIONS = 4;
/** Tiles and proofs are small; the leader's steps are bounded by their batches. */
const STATEMENT_MS = 30_000;
const CONNECT_MS = 5_000;

/**
 * Sets up the transparency log; it signs only after `start`. Rejects with a `LogBuilderError` for a key file that
 * cannot be used.
 */
export async function openTransparencyLog(options: TransparencyLogOptions): Promise<TransparencyLog> {
  const { origin, observer, intervalMs, formerKeys, attestors, unsignedUntil } = options;
  const signer = await loadOrCreateSigner(options.keyFile, origin);
  const pool = createPool({
    connectionString: options.connectionString,
    name: "sark-audit-log",
    maxConnections: MAX_CONNECTIONS,
    connectTimeoutMs: CONNECT_MS,
    statementTimeoutMs: STATEMENT_MS,
  });
  const builder = createLogBuilder({
    pool,
    signer,
    origin,
    memory: fileMemory(options.memoryFile),
    ...(formerKeys === undefined ? {} : { formerKeys }),
    ...(attestors === undefined ? {} : { attestors }),
    ...(unsignedUntil === undefined ? {} : { unsignedUntil }),
    ...(observer === undefined ? {} : { observer }),
    ...(intervalMs === undefined ? {} : { intervalMs }),
  });
  return {
    ...builder,
    verifierKey: signer.key.vkey,
    async close() {
      await builder.close();
      await pool.end();
    },
  };
}
