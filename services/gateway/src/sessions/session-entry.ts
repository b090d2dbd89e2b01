import type { ClientClaim, SeenSession, SessionScope, SessionUse, SessionWork } from "../domain/sessions.ts";
import { createEndNotice, createInFlight } from "@sark/scheduling";

/** A session of this replica. */
export interface SessionEntry extends Omit<SeenSession, "client" | "protocolVersion"> {
  /** In the order in which they came to this replica. */
  readonly number: number;
  client: ClientClaim | null;
  protocolVersion: string | null;
  lastActivityAt: number;
  calls: number;
  readonly running: RunningWork;
  /** What the other replicas know of it. */
  readonly told: ToldUse;
}

export interface ToldUse {
  /** During which connection to them it was found to be open; 0 before. */
  connection: number;
  /** When they were told, and what: by the clock of the registry. */
  at: number;
  lastActivityAt: number;
  calls: number;
  running: number;
  streams: number;
}

/** The requests of a session that are being served. */
export interface RunningWork {
  readonly calls: number;
  readonly streams: number;
  readonly size: number;
  /** `left` is called when it is over. */
  begin(work: SessionWork, scope: SessionScope, left: () => void): SessionUse;
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
    told: {
      connection: 0,
      at: Number.NEGATIVE_INFINITY,
      lastActivityAt: 0,
      calls: 0,
      running: 0,
      streams: 0,
    },
  };
}

function createRunningWork(): RunningWork {
  const uses = createInFlight<{ readonly work: SessionWork; end(): void }>();
  let calls = 0;
  let streams = 0;

  function begin(work: SessionWork, scope: SessionScope, left: () => void): SessionUse {
    const { onEnd, end } = createEndNotice();
    const use: SessionUse = {
      refused: null,
      scope,
      onEnd,
      leave() {
        if (!uses.leave(place)) {
          return;
        }
        calls -= work.calls;
        streams -= work.stream ? 1 : 0;
        left();
      },
    };
    const place = uses.enter({ work, end });
    calls += work.calls;
    streams += work.stream ? 1 : 0;
    return use;
  }

  return {
    begin,
    end(which) {
      const found = uses.all().filter(({ work }) => which === "all" || work.stream);
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
