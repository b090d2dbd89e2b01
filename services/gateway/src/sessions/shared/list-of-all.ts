import { listOfReplica, type ListedSession, type SessionList } from "../session-list.ts";
import type { SessionRegistry } from "../session-registry.ts";
import type { SharedSession, SharedSessions } from "./shared-sessions.ts";

/** Looked at by one request. */
const AT_ONCE = 200;

export function listOfAll(deps: {
  readonly shared: Pick<SharedSessions, "page" | "show">;
  readonly registry: Pick<SessionRegistry, "table" | "now" | "wallTime">;
  readonly replica: string;
  isUp(): boolean;
}): SessionList {
  const { shared, registry, isUp } = deps;
  const own = listOfReplica(registry, deps.replica);

  /** With what this replica has not told yet. */
  function shown({ number, session, replica, ...use }: SharedSession): ListedSession | null {
    if (session === null) {
      return null;
    }
    const entry = registry.table.get(session.fingerprint);
    const running = { calls: use.running, streams: use.streams };
    if (entry === undefined) {
      return { ...session, number, replica, ...use, running };
    }
    const { told } = entry;
    return {
      ...session,
      number,
      replica,
      client: session.client ?? entry.client,
      protocolVersion: session.protocolVersion ?? entry.protocolVersion,
      lastActivityAt: Math.max(use.lastActivityAt, entry.lastActivityAt),
      calls: use.calls - told.calls + entry.calls,
      running: {
        calls: Math.max(0, running.calls - told.running) + entry.running.calls,
        streams: Math.max(0, running.streams - told.streams) + entry.running.streams,
      },
    };
  }

  return {
    async page(before, limit, wanted) {
      const sessions: ListedSession[] = [];
      let next = before;
      while (isUp()) {
        const found = await shared.page(next, AT_ONCE);
        if (found === null) {
          break;
        }
        for (const one of found) {
          const session = shown(one);
          next = one.number;
          if (session !== null && wanted(session)) {
            if (sessions.length === limit) {
              return { sessions, next: sessions.at(-1)?.number ?? null, of: "all" };
            }
            sessions.push(session);
          }
        }
        if (found.length < AT_ONCE) {
          return { sessions, next: null, of: "all" };
        }
      }
      return own.page(before, limit, wanted);
    },
    async find(fingerprint) {
      const found = isUp() ? await shared.show(fingerprint) : null;
      if (found === null) {
        return own.find(fingerprint);
      }
      return found === "none" ? undefined : (shown(found) ?? undefined);
    },
  };
}
