import { send } from "../../support/requests.ts";
import { aside, tokenOf, type Incidents } from "../incident.ts";
import { ownDatabase } from "../parts/own-database.ts";
import type { World } from "../world.ts";

const get = (world: World, path: string, authorization: string) =>
  send(world.gateway.url, { method: "GET", path, headers: { authorization } }).catch(() => undefined);

/** Who tries what it must not. */
export const securityIncidents: Incidents = {
  "credentials-guessed": {
    what: "keys that were never issued are tried",
    alerts: ["UnusualAuthenticationFailures"],
    strike: aside(async (world) => () => world.call("echo", { text: "a" }, `sark_${"x".repeat(40)}`)),
  },
  "tokens-forged": {
    what: "a good token is sent with another signature",
    alerts: ["SecurityBreachSuspected"],
    strike: aside(async (world) => {
      const [head, claims, signature = ""] = (await tokenOf(world, "root")).split(".");
      // Of the right form and length: every byte is another one.
      const other = Buffer.from(signature, "base64url").map((byte) => byte ^ 0xff);
      const forged = [head, claims, Buffer.from(other).toString("base64url")].join(".");
      return () => world.call("echo", { text: "a" }, forged);
    }),
  },
  "limit-abused": {
    what: "a user goes on calling beyond its limit",
    alerts: ["RateLimitAbuse"],
    strike: aside(async (world) => {
      const greedy = await tokenOf(world, "greedy");
      return () => world.call("echo", { text: "a" }, greedy);
    }),
  },
  "roles-tried": {
    what: "a user without roles asks for what operators may see",
    alerts: ["PrivilegeEscalationAttempts"],
    strike: aside(async (world) => {
      const bearer = `Bearer ${await tokenOf(world, "curious")}`;
      return () => get(world, "/api/v1/audit/events", bearer);
    }),
  },
  "database-set-back": {
    what: "the database loses its newest event, as a standby has that took over without it",
    alerts: ["AuditHistoryChanged"],
    needs: [ownDatabase],
    async strike(world) {
      world.traffic.stop();
      await world.part(ownDatabase).setBack();
      return async () => {
        await world.part(ownDatabase).putBack();
        world.traffic.start();
      };
    },
  },
};
