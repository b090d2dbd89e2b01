import type { Beginning } from "./begin-anew.ts";
import type { SessionUse } from "./session-use.ts";

/** A session that can be renewed. */
export interface Remembered extends Beginning {
  /** By which the layers above know it. */
  readonly first: string;
  /** What the server calls it now. */
  id: string;
  use: SessionUse;
  /** What the other replicas know of its use, and the version of it that this replica has seen. */
  told: SessionUse;
  version: string | null;
  renewing: Promise<boolean> | null;
  /** Its client has ended it, or the gateway: nothing may begin in its place. */
  left: boolean;
}
