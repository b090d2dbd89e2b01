import type { OpenedCheckpoint } from "../../transparency-log/notes/open-checkpoint.ts";

/** Whether a witness cosigned both: then they are of one history, also where the log's key was stolen. */
export function haveWitnessInCommon(a: OpenedCheckpoint, b: OpenedCheckpoint | null): boolean {
  return a.witnessedBy.some(({ key }) => b?.witnessedBy.some((other) => other.key.vkey === key.vkey));
}
