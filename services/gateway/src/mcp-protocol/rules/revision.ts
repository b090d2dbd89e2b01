import type { MirrorHeaders } from "./mirror-headers.ts";

/** `session`: with `initialize` and session ids. `stateless`: every request stands alone and names its revision. */
export type Era = "session" | "stateless";

/** A published revision of MCP, and what it says that the gateway has to know. */
export interface Revision {
  /** Its date: its name in headers and messages. */
  readonly name: string;
  readonly era: Era;
  /** A POST may carry several JSON-RPC messages. */
  readonly batches: boolean;
  /** Clients take an event without data, whose id is a place to resume from. */
  readonly emptyEvents: boolean;
  /** Headers that repeat parts of the body; `null` where there are none. */
  readonly mirrors: MirrorHeaders | null;
}
