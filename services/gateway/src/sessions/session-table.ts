import { principalKey } from "@sark/authentication";
import type { Principal } from "../domain/principal.ts";
import type { SeenSession } from "../domain/sessions.ts";
import type { SessionEntry } from "./session-entry.ts";

/** The sessions of this replica, by fingerprint and by principal. */
export interface SessionTable {
  get(fingerprint: string): SessionEntry | undefined;
  add(entry: SessionEntry): void;
  remove(entry: SessionEntry): boolean;
  /** The session that its server calls by the same id as this one, of whichever caller. */
  sameIdAs(session: NamedByServer): SessionEntry | undefined;
  of(principal: Principal): Iterable<SessionEntry>;
  all(): Iterable<SessionEntry>;
  /** Sessions of this principal that have an id. */
  sessionsOf(principal: Principal): number;
  /** Of this principal and this kind (`null`: any): the one without work for the longest time; `null` where each is in use. */
  longestUnused(principal: Principal, kind: "session" | null): SessionEntry | null;
  /** How many principals have any, by what they are. */
  principals(): Readonly<Record<Principal["type"], number>>;
  readonly size: number;
}

type NamedByServer = Pick<SeenSession, "server" | "upstreamId">;

export function createSessionTable(): SessionTable {
  const entries = new Map<string, SessionEntry>();
  const byServersId = new Map<string, SessionEntry>();
  const owners = new Map<string, { readonly entries: Set<SessionEntry>; sessions: number }>();
  const principals = { user: 0, agent: 0 };
  const of = (principal: Principal): Iterable<SessionEntry> =>
    owners.get(principalKey(principal))?.entries ?? [];
  return {
    get: (fingerprint) => entries.get(fingerprint),
    add(entry) {
      const { principal } = entry.caller;
      const key = principalKey(principal);
      let owner = owners.get(key);
      if (owner === undefined) {
        owners.set(key, (owner = { entries: new Set(), sessions: 0 }));
        principals[principal.type] += 1;
      }
      owner.entries.add(entry);
      owner.sessions += entry.kind === "session" ? 1 : 0;
      entries.set(entry.fingerprint, entry);
      if (entry.upstreamId !== null) {
        byServersId.set(serversId(entry), entry);
      }
    },
    remove(entry) {
      const { principal } = entry.caller;
      const key = principalKey(principal);
      const owner = owners.get(key);
      if (owner === undefined || !owner.entries.delete(entry)) {
        return false;
      }
      owner.sessions -= entry.kind === "session" ? 1 : 0;
      if (owner.entries.size === 0) {
        owners.delete(key);
        principals[principal.type] -= 1;
      }
      if (byServersId.get(serversId(entry)) === entry) {
        byServersId.delete(serversId(entry));
      }
      return entries.delete(entry.fingerprint);
    },
    sameIdAs: (session) => (session.upstreamId === null ? undefined : byServersId.get(serversId(session))),
    of,
    longestUnused: (principal, kind) => longestUnused(of(principal), kind),
    all: () => entries.values(),
    sessionsOf: (principal) => owners.get(principalKey(principal))?.sessions ?? 0,
    principals: () => ({ ...principals }),
    get size() {
      return entries.size;
    },
  };
}

const serversId = ({ server, upstreamId }: NamedByServer) => JSON.stringify([server, upstreamId]);

function longestUnused(entries: Iterable<SessionEntry>, kind: "session" | null): SessionEntry | null {
  let longest: SessionEntry | null = null;
  for (const entry of entries) {
    const counts = entry.running.size === 0 && (kind === null || entry.kind === kind);
    if (counts && (longest === null || entry.lastActivityAt < longest.lastActivityAt)) {
      longest = entry;
    }
  }
  return longest;
}
