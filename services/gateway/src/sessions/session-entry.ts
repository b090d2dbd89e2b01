import type { ClientClaim, SeenSession, SessionUse, SessionWork } from "../domain/sessions.ts";
import { createEndNotice } from "../scheduling/end-notice.ts";

/** A session of this replica. */
export interface SessionEntry extends Omit<SeenSession, "client" | "protocolVersion"> {
  /** In the order in which they came to this replica. */
  readonly number: number;
  client: ClientClaim | null;
  protocolVersion: string | null;
  lastActivityAt: number;
  calls: number;
  readonly running: RunningWork;
}

/** The requests of a session that are being served. */
export interface RunningWork {
  readonly calls: number;
  readonly streams: number;
  readonly size: number;
  /** `left` is called when it is over. */
  begin(work: SessionWork, left: () => void): SessionUse;
  /** Ends them, or the streams among them. */
  end(which: "all" | "streams"): number;
}

export function createEntry(seen: SeenSession, number: number, now: number): SessionEntry {
  const { fingerprint, kind, server, transport, upstreamId, createdAt, caller, protocolVersion } = seen;
  return {
    fingerprint,
    kind,
    server,
    transport,
    upstreamId,
    createdAt,
    caller,
    protocolVersion,
    number,
    client: seen.client(),
    lastActivityAt: now,
    calls: 0,
    running: createRunningWork(),
  };
}

function createRunningWork(): RunningWork {
  const uses = new Map<SessionUse, { readonly work: SessionWork; end(): void }>();
  let calls = 0;
  let streams = 0;

  function begin(work: SessionWork, left: () => void): SessionUse {
    const { onEnd, end } = createEndNotice();
    const use: SessionUse = {
      refused: null,
      onEnd,
      leave() {
        if (!uses.delete(use)) {
          return;
        }
        calls -= work.calls;
        streams -= work.stream ? 1 : 0;
        left();
      },
    };
    uses.set(use, { work, end });
    calls += work.calls;
    streams += work.stream ? 1 : 0;
    return use;
  }

  return {
    begin,
    end(which) {
      const found = [...uses.values()].filter(({ work }) => which === "all" || work.stream);
      for (const use of found) {
        use.end();
      }
      return found.length;
    },
    get calls() {
      return calls;
    },
    get streams() {
      return streams;
    },
    get size() {
      return uses.size;
    },
  };
}
