import type pg from "pg";
import type { Attestation, Attestor } from "../../attestation/attestor.ts";
import { appendSignatures, storeTimeStamp, type SignedRow } from "../../log-tables/checkpoint-table.ts";
import { consistencyPath } from "../../transparency-log/proofs/proof-paths.ts";
import { provableRoots } from "../proofs/provable-roots.ts";
import type { LogBuilderObserver } from "../observer.ts";

/** Offers checkpoints to attestors. The signing never waits for them. */
export interface Attestations {
  /** Takes the newest checkpoint; attestors that are busy, or whose time has not come, let it pass. */
  offer(checkpoint: SignedRow): void;
  /** Ends what is under way. */
  close(): Promise<void>;
}

export function createAttestations(
  pool: pg.Pool,
  attestors: readonly Attestor[],
  observer: LogBuilderObserver,
): Attestations {
  const closing = new AbortController();
  const states = attestors.map((attestor) => ({
    attestor,
    due: 0,
    running: null as Promise<void> | null,
    waiting: null as SignedRow | null,
    timer: undefined as NodeJS.Timeout | undefined,
  }));
  type State = (typeof states)[number];

  async function attest({ attestor }: State, checkpoint: SignedRow): Promise<void> {
    const began = performance.now();
    try {
      const { size } = checkpoint;
      const attestation = await attestor.attest({
        checkpoint,
        proveConsistency: (oldSize) => provableRoots(pool, consistencyPath(oldSize, size), checkpoint),
        signal: closing.signal,
      });
      await store(pool, size, attestation);
      const seconds = (performance.now() - began) / 1000;
      observer.attested({ by: attestor.name, size, seconds });
    } catch (error) {
      if (!closing.signal.aborted) {
        observer.attestationFailed({ by: attestor.name, error });
      }
    }
  }

  /** Runs when there is something to confirm and nothing under way: at once, or when the time has come. */
  function schedule(state: State): void {
    if (state.running !== null || state.waiting === null || closing.signal.aborted) {
      return;
    }
    const delay = state.due - performance.now();
    if (delay > 0) {
      state.timer ??= setTimeout(() => {
        state.timer = undefined;
        schedule(state);
      }, delay);
      return;
    }
    const checkpoint = state.waiting;
    state.waiting = null;
    state.due = performance.now() + state.attestor.everyMs;
    state.running = attest(state, checkpoint).finally(() => {
      state.running = null;
      schedule(state);
    });
  }

  return {
    offer(checkpoint) {
      for (const state of states) {
        state.waiting = checkpoint;
        schedule(state);
      }
    },
    async close() {
      closing.abort();
      for (const { timer } of states) {
        clearTimeout(timer);
      }
      await Promise.all(states.map(async ({ running }) => running));
    },
  };
}

async function store(pool: pg.Pool, size: number, attestation: Attestation): Promise<void> {
  if (attestation.kind === "cosignature") {
    await appendSignatures(pool, size, attestation.lines);
  } else {
    await storeTimeStamp(pool, size, attestation.token);
  }
}
