import type { TakenConnection } from "@sark/http-api";
import type { Caller } from "../../domain/caller.ts";
import { HttpError } from "../../errors/http-errors.ts";
import type { createHandshakes } from "../../live/handshake.ts";
import { LiveRefused, type Live } from "../../live/live.ts";
import { LIVE_PROTOCOL } from "../../live/protocol/names.ts";
import type { Authenticator } from "../../tenancy/authenticator.ts";
import type { LiveTickets } from "../../tenancy/live-tickets.ts";
import { tenantOf } from "../access/tenant-of.ts";

export type LiveApi = ReturnType<typeof createLiveApi>;

/** `/v1/live` and its tickets. */
export function createLiveApi(deps: {
  readonly live: Live;
  readonly handshakes: ReturnType<typeof createHandshakes>;
  readonly tickets: LiveTickets;
  readonly authenticator: Pick<Authenticator, "isStillGood">;
}) {
  const { live, handshakes, tickets, authenticator } = deps;
  return {
    async ticket(caller: Caller) {
      const { principal, credential, proof } = caller;
      const issued = await tickets.issue({ tenant: tenantOf(caller), principal, credential, proof });
      if (issued === null) {
        throw tooMany("There are too many tickets that were not used yet.");
      }
      return {
        ticket: issued.ticket,
        protocol: LIVE_PROTOCOL,
        expires_at: issued.expiresAt.toISOString(),
      };
    },

    /** What takes over the connection. Throws where there is no room for it. */
    connect(caller: Caller): (connection: TakenConnection) => void {
      const tenant = tenantOf(caller);
      try {
        live.checkRoom(tenant);
      } catch (error) {
        throw error instanceof LiveRefused ? toHttpError(error) : error;
      }
      return (connection) => {
        const { socket } = connection.request;
        handshakes.accept(connection, (client) =>
          live.join(client, {
            tenant,
            stillGood: () => authenticator.isStillGood(tenant, caller.proof),
            bytesRead: () => socket.bytesRead,
          }),
        );
      };
    },
  };
}

function toHttpError(error: LiveRefused): HttpError {
  return error.kind === "too_many_of_tenant"
    ? tooMany(error.message)
    : new HttpError("overloaded", error.message, { headers: { "retry-after": "1" } });
}

function tooMany(message: string): HttpError {
  return new HttpError("too_many_connections", message, { headers: { "retry-after": "5" } });
}
