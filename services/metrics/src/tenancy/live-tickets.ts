import { randomBytes } from "node:crypto";
import { AuthenticationError, type Identity } from "@sark/authentication";
import type { Database } from "../database/database.ts";
import type { CredentialProof } from "../domain/caller.ts";
import { digestBytes } from "./keys.ts";

/** What a browser connects with: good for one connection, and for a short time. */
export interface LiveTickets {
  /** `null` where the tenant has as many open ones as may be. */
  issue(holder: TicketHolder & { readonly tenant: string }): Promise<LiveTicket | null>;
  /** Whom it was given to. Rejects with `AuthenticationError`; from now on it is not good any more. */
  redeem(ticket: string): Promise<TicketHolder>;
}

export interface TicketHolder {
  readonly principal: Identity;
  readonly credential: string;
  readonly proof: CredentialProof;
}

export interface LiveTicket {
  readonly ticket: string;
  readonly expiresAt: Date;
}

const GOOD_FOR_SECONDS = 30;
const MAX_PER_TENANT = 2_000;
const TICKET = /^[\w-]{43}$/;

export function createLiveTickets(database: Pick<Database, "asTenant" | "withoutTenant">): LiveTickets {
  return {
    issue: ({ tenant, principal, credential, proof }) =>
      database.asTenant("live_tickets", tenant, async (tx) => {
        const ticket = randomBytes(32).toString("base64url");
        await tx.query("DELETE FROM metrics.live_tickets WHERE expires_at <= now()");
        const { rows } = await tx.query<{ expires_at: Date }>(
          `INSERT INTO metrics.live_tickets (sha256, tenant_id, identity, credential, proof, expires_at)
           SELECT $1, $2, $3, $4, $5, now() + make_interval(secs => $6)
           WHERE (SELECT count(*) FROM metrics.live_tickets) < $7
           RETURNING expires_at`,
          [
            digestBytes(ticket),
            tenant,
            JSON.stringify(principal),
            credential,
            JSON.stringify(proof),
            GOOD_FOR_SECONDS,
            MAX_PER_TENANT,
          ],
        );
        return rows[0] === undefined ? null : { ticket, expiresAt: rows[0].expires_at };
      }),
    async redeem(ticket) {
      if (!TICKET.test(ticket)) {
        throw unknown();
      }
      const { rows } = await database.withoutTenant("authenticate", (tx) =>
        tx.query<{
          identity: Identity;
          credential: string;
          proof: CredentialProof;
          is_suspended: boolean;
        }>("SELECT * FROM metrics.redeem_live_ticket($1)", [digestBytes(ticket)]),
      );
      const [found] = rows;
      if (found === undefined || found.is_suspended) {
        throw unknown();
      }
      return { principal: found.identity, credential: found.credential, proof: found.proof };
    },
  };
}

function unknown(): AuthenticationError {
  return new AuthenticationError("unknown_key", "This ticket is not known, has expired, or was used before.");
}
