import type pg from "pg";
import { formatCheckpoint, type Checkpoint } from "../../transparency-log/notes/checkpoint.ts";
import type { KeySet } from "../../transparency-log/notes/key-set.ts";
import type { NoteSigner } from "../../transparency-log/notes/note-signer.ts";
import { formatNote } from "../../transparency-log/notes/signed-note.ts";
import type { CheckpointMemory } from "./checkpoint-memory.ts";
import { storeNote } from "../../log-tables/checkpoint-table.ts";
import type { LogBuilderObserver } from "../observer.ts";

/** What the leader works with. All of its writes go over `client`, whose session holds the lock: who lost it cannot write. */
export interface SigningContext {
  readonly client: pg.ClientBase;
  readonly origin: string;
  readonly signers: readonly NoteSigner[];
  readonly keys: KeySet;
  /** Records of purges below this number count without a signature: an older version wrote them. */
  readonly unsignedUntil: number;
  readonly memory: CheckpointMemory;
  readonly observer: LogBuilderObserver;
}

/**
 * Signs a tree whose size and root are committed already. The memory outside the database comes first: whatever a crash
 * leaves behind, this size never gets another root.
 */
export async function signDecided(context: SigningContext, size: number, root: Uint8Array): Promise<string> {
  const { client, origin, signers, memory } = context;
  const checkpoint: Checkpoint = { origin, size, root };
  await memory.save(checkpoint);
  const text = formatCheckpoint(checkpoint);
  const note = formatNote({ text, signatures: signers.map((signer) => signer.sign(text)) });
  await storeNote(client, size, note);
  return note;
}
