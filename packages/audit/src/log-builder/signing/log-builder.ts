import { backoffMs, wait, within } from "@sark/observability/waiting";
import type pg from "pg";
import { createKeySet, type TrustedKey } from "../../transparency-log/notes/key-set.ts";
import type { NoteSigner } from "../../transparency-log/notes/note-signer.ts";
import type { Attestor } from "../../attestation/attestor.ts";
import { createAttestations } from "./attestations.ts";
import type { CheckpointMemory } from "./checkpoint-memory.ts";
import {
  readNewest,
  readNewestSigned,
  deleteRedundantCheckpoints,
} from "../../log-tables/checkpoint-table.ts";
import { checkRemembered } from "./check-continuity.ts";
import { checkSigned } from "../proofs/check-signed.ts";
import { LogBuilderError } from "../errors.ts";
import { extend } from "./extend.ts";
import { leadOrFollow } from "../../postgres/leadership.ts";
import { LEASE_MS } from "../../postgres/session-defaults.ts";
import { withClient, type Pool } from "../../postgres/pool.ts";
import { createLogReader, type LogReader } from "../proofs/log-reader.ts";
import { combineObservers } from "../../combine-observers.ts";
import { SILENT_LOG_BUILDER_OBSERVER, type LogBuilderObserver } from "../observer.ts";
import type { RecordSigner } from "../../signed-records/record-signer.ts";
import { resume } from "./resume.ts";

/** What a log builder works with: the pool, its signer, and what it remembers outside of the database. */
export interface LogBuilderOptions {
  /** Of the audit database, migrated. The leader keeps one connection of it, which must be a session of its own. */
  readonly pool: Pool;
  readonly signer: NoteSigner;
  /** The log's name, as in its checkpoints; it should be the signer's name. */
  readonly origin: string;
  /** What was signed, remembered outside the database (`fileMemory`): without it a restored backup goes unnoticed here. */
  readonly memory?: CheckpointMemory;
  readonly observer?: Partial<LogBuilderObserver>;
  /** Time between checkpoints while events flow, in milliseconds. Default 500. */
  readonly intervalMs?: number;
  /** A leader that stands still for so long loses its place to another replica, in milliseconds. Default 15,000, or four intervals. */
  readonly leaseMs?: number;
  /** Keys that this log signed with before; their newest checkpoint is then continued. */
  readonly formerKeys?: readonly TrustedKey[];
  /** Keys on their way out: they sign together with the new one until every verifier knows that one. */
  readonly retiringSigners?: readonly NoteSigner[];
  /** Witnesses and time-stamp authorities. */
  readonly attestors?: readonly Attestor[];
  /** Records of purges below this number count without a signature: an older version wrote them. Default 0. */
  readonly unsignedUntil?: number;
}

/** The transparency log over the audit store: it signs, and it can be read. */
export interface LogBuilder extends LogReader {
  /** Signs the records of purges and erasures, whether or not it is this replica that signs checkpoints. */
  readonly recordSigner: RecordSigner;
  /** Begins to sign, or to stand by while another replica does. */
  start(): void;
  /** Signs what is committed, if it is this replica that signs, and lets another one take over. */
  close(): Promise<void>;
}

/** Longest pauses before the next try: after a fault of the database, and after it contradicted what was signed. */
const MAX_PAUSE_MS = { failed: 5_000, refused: 60_000 };
/** A database that hangs must not keep the process from ending. */
const CLOSE_MS = 5_000;
const CLEAN_UP_MS = 3_600_000;

/**
 * Makes a log builder on a pool that the caller owns; it signs only after `start`. `openTransparencyLog` brings a
 * pool and a key along.
 */
export function createLogBuilder(options: LogBuilderOptions): LogBuilder {
  const { pool, signer, origin, intervalMs = 500, retiringSigners = [], unsignedUntil = 0 } = options;
  const observer = combineObservers(SILENT_LOG_BUILDER_OBSERVER, options.observer ?? {});
  const memory = options.memory ?? processMemory();
  const leaseMs = options.leaseMs ?? Math.max(LEASE_MS, 4 * intervalMs);
  const signers = [signer, ...retiringSigners];
  const keys = createKeySet([
    ...signers.map(({ key }) => ({ key, fromSize: 0, untilSize: Number.MAX_SAFE_INTEGER })),
    ...(options.formerKeys ?? []),
  ]);
  const attestations = createAttestations(pool, options.attestors ?? [], observer);
  const closing = new AbortController();
  let running: Promise<void> | null = null;
  let cleanUpDue = 0;

  const pause = (milliseconds: number): Promise<boolean> => wait(milliseconds, { signal: closing.signal });

  async function lead(client: pg.ClientBase): Promise<void> {
    let isLeading = false;
    try {
      const context = { client, origin, signers, keys, memory, observer, unsignedUntil };
      const tree = await resume(context);
      for (;;) {
        // A leader that ends in good order leaves nothing unsigned that was committed before.
        const last = closing.signal.aborted;
        const began = performance.now();
        const extended = await extend(context, tree);
        const seconds = (performance.now() - began) / 1000;
        // Not before: of a database that takes nothing, each attempt would be two changes of the leader.
        if (!isLeading) {
          isLeading = true;
          observer.leadershipChanged(true);
        }
        if (extended !== null) {
          const { size, leaves, note } = extended;
          observer.checkpointSigned({ size, leaves, seconds });
          attestations.offer({ size, root: Buffer.from(tree.root()), note });
        }
        if (began >= cleanUpDue) {
          await deleteRedundantCheckpoints(client);
          cleanUpDue = began + CLEAN_UP_MS;
        }
        if (extended?.more === true) {
          continue;
        }
        if (last) {
          return;
        }
        await pause(Math.max(0, intervalMs - seconds * 1000));
      }
    } finally {
      if (isLeading) {
        observer.leadershipChanged(false);
      }
    }
  }

  /** A follower remembers, too: when it takes over it does not have to believe what is there. */
  async function follow(client: pg.ClientBase): Promise<void> {
    // First: what is remembered was decided on in the database before that, though maybe it is not signed yet.
    const remembered = await memory.load();
    const newest = await readNewest(client);
    const signed = await readNewestSigned(client);
    if (signed !== null) {
      checkSigned(signed, keys, origin);
    }
    await checkRemembered(client, remembered, newest, origin);
    if (signed === null || signed.size <= (remembered?.size ?? 0)) {
      return;
    }
    await checkRemembered(client, remembered, signed, origin);
    await memory.save({ origin, size: signed.size, root: signed.root });
  }

  async function run(): Promise<void> {
    let failures = 0;
    while (!closing.signal.aborted) {
      try {
        await withClient(pool, (client) =>
          leadOrFollow(
            client,
            "logBuilder",
            () => lead(client),
            () => follow(client),
            leaseMs,
          ),
        );
        failures = 0;
        await pause(intervalMs);
      } catch (error) {
        const refused = error instanceof LogBuilderError;
        failures += 1;
        if (refused) {
          observer.refused(error);
        } else {
          observer.failed(error);
        }
        const maxMs = refused ? MAX_PAUSE_MS.refused : MAX_PAUSE_MS.failed;
        await pause(backoffMs(failures, { baseMs: 2 * intervalMs, maxMs, jitter: "none" }));
      }
    }
  }

  return {
    ...createLogReader(pool, { keys, origin, unsignedUntil }),
    recordSigner: { origin, signers, keys },
    start() {
      running ??= run();
    },
    async close() {
      closing.abort();
      await within(CLOSE_MS, Promise.all([attestations.close(), running]), undefined);
    },
  };
}

/** Without a file: noticed is only what goes wrong while this process runs. */
function processMemory(): CheckpointMemory {
  let newest: Awaited<ReturnType<CheckpointMemory["load"]>> = null;
  return {
    load: async () => newest,
    save: async (checkpoint) => {
      newest = checkpoint;
    },
  };
}
