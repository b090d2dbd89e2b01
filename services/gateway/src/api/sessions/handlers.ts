import type { AuditLog } from "@sark/audit";
import type { Caller } from "../../domain/governance.ts";
import type { JsonObject } from "@sark/json";
import type { SessionEndReason } from "../../domain/sessions.ts";
import { SESSION_CONTROL } from "../../governance/own-event-types.ts";
import { HttpError } from "../../transport/errors.ts";
import { createAccessRecords, type Act } from "../access/access-records.ts";
import { beyondTenant, tenantScope } from "../access/tenant-scope.ts";
import type { EndRequest, SessionsQuery } from "./parameters.ts";
import { showSession, type ListedSession } from "./presentation.ts";
import type { SessionPage, ShownSession } from "./responses.ts";

/** The sessions that the endpoints show and end. */
interface ListedSessions {
  readonly list: {
    page(
      before: number,
      limit: number,
      wanted: (session: ListedSession) => boolean,
    ): Promise<{
      readonly sessions: readonly ListedSession[];
      readonly next: number | null;
      readonly of: "all" | "replica";
    }>;
    find(fingerprint: string): Promise<ListedSession | undefined>;
  };
  expiresAt(session: ListedSession): number;
  end(fingerprint: string, reason: SessionEndReason): Promise<boolean>;
}

export type SessionsApi = ReturnType<typeof createSessionsApi>;

/** `/admin/v1/sessions`: who has which session, and ending one. A caller that is bound to a tenant sees that one's alone. */
export function createSessionsApi(deps: {
  readonly audit: Pick<AuditLog, "record">;
  readonly sessions: ListedSessions;
}) {
  const { list, expiresAt, end } = deps.sessions;
  const reads = createAccessRecords(deps.audit, {
    eventType: SESSION_CONTROL,
    permitted: null,
    denied: "may not see sessions",
  });
  const changes = createAccessRecords(deps.audit, {
    eventType: SESSION_CONTROL,
    permitted: "ends a session",
    denied: "may not end sessions",
  });
  const show = (session: ListedSession) => showSession(session, expiresAt(session));

  /** Of another tenant is the same as none, also to the caller. */
  async function find(fingerprint: string, caller: Caller): Promise<ListedSession> {
    const session = await list.find(fingerprint);
    if (session === undefined || !isVisible(session, caller)) {
      throw noSession();
    }
    return session;
  }

  return {
    /** Where denied requests go on record. */
    denied: changes.denied,

    /** Leaves no record: it holds no events. Asking for another tenant's is a denial, which is one. */
    async list(query: SessionsQuery, caller: Caller): Promise<SessionPage> {
      const { user, server, tenant, cursor = Number.POSITIVE_INFINITY, limit } = query;
      const scope = tenantScope(caller.principal);
      if (scope !== null && tenant !== undefined && tenant !== scope) {
        const denial = beyondTenant(`tenant: the tenant "${tenant}"`, "tenant");
        await reads.permitted(caller, listOf(query), denial);
      }
      const page = await list.page(
        cursor,
        limit,
        (session) =>
          isVisible(session, caller) &&
          (user === undefined || session.caller.principal.id === user) &&
          (server === undefined || session.server === server) &&
          (tenant === undefined || session.caller.principal.tenant === tenant),
      );
      const next_cursor = page.next === null ? null : String(page.next);
      return { sessions: page.sessions.map(show), next_cursor, of: page.of };
    },

    async show(fingerprint: string, caller: Caller): Promise<ShownSession> {
      const session = await list.find(fingerprint);
      if (session !== undefined && !isVisible(session, caller)) {
        await reads.permitted(caller, showOf(fingerprint), noSession());
      }
      return show(await find(fingerprint, caller));
    },

    async end(fingerprint: string, body: EndRequest, caller: Caller): Promise<ShownSession> {
      const session = await list.find(fingerprint);
      const beyond = session !== undefined && !isVisible(session, caller);
      const denial = beyond ? noSession() : undefined;
      if (session === undefined) {
        throw noSession();
      }
      await changes.permitted(caller, endOf(fingerprint, body), denial);
      const shown = show(await find(fingerprint, caller));
      await end(fingerprint, "ended");
      return shown;
    },
  };
}

/** As it goes on record. */
export function endOf(fingerprint: string, { reason }: EndRequest): Act {
  return { operation: "session_end", asked: { session: fingerprint, reason } };
}

function showOf(fingerprint: string): Act {
  return { operation: "session_show", asked: { session: fingerprint } };
}

function noSession(): HttpError {
  return new HttpError("not_found", "There is no such session.");
}

function listOf({ user, server, tenant }: SessionsQuery): Act {
  const asked: JsonObject = {};
  for (const [key, value] of Object.entries({ user, server, tenant })) {
    if (value !== undefined) {
      asked[key] = value;
    }
  }
  return { operation: "session_list", asked };
}

function isVisible(session: ListedSession, { principal }: Caller): boolean {
  const scope = tenantScope(principal);
  return scope === null || session.caller.principal.tenant === scope;
}
