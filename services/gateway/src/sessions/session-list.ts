import type { SessionRegistry } from "./session-registry.ts";
import type { SessionEntry } from "./session-entry.ts";

/** A session, as lists have it. */
export interface ListedSession extends Pick<
  SessionEntry,
  | "number"
  | "fingerprint"
  | "kind"
  | "server"
  | "transport"
  | "createdAt"
  | "caller"
  | "protocolVersion"
  | "client"
  | "lastActivityAt"
  | "calls"
> {
  readonly running: { readonly calls: number; readonly streams: number };
  /** That used it last; `null` where nothing is shared. */
  readonly replica: string | null;
}

export interface SessionPage {
  readonly sessions: readonly ListedSession[];
  /** Below which the next page begins; `null` on the last one. */
  readonly next: number | null;
  /** Whether it holds the sessions of all replicas, or those of this one. */
  readonly of: "all" | "replica";
}

/** What there is, the newest first. */
export interface SessionList {
  page(before: number, limit: number, wanted: (session: ListedSession) => boolean): Promise<SessionPage>;
  find(fingerprint: string): Promise<ListedSession | undefined>;
}

type Registry = Pick<SessionRegistry, "table" | "now" | "wallTime">;

export function listOfReplica(registry: Registry, replica: string | null): SessionList {
  const { table, now, wallTime } = registry;
  const shown = (entry: SessionEntry): ListedSession => ({
    ...entry,
    lastActivityAt: wallTime() - (now() - entry.lastActivityAt),
    replica,
  });
  return {
    async page(before, limit, wanted) {
      const found = [...table.all()]
        .map(shown)
        .filter((session) => session.number < before && wanted(session))
        .toReversed();
      const sessions = found.slice(0, limit);
      const next = sessions.length === found.length ? null : (sessions.at(-1)?.number ?? null);
      return { sessions, next, of: "replica" };
    },
    async find(fingerprint) {
      const entry = table.get(fingerprint);
      return entry === undefined ? undefined : shown(entry);
    },
  };
}
