import { busyReplica } from "../parts/busy-replica.ts";
import { narrowServer } from "../parts/narrow-server.ts";
import { send } from "../../support/requests.ts";
import { aside, breakWay, instead, tokenOf, unlike, type Incidents } from "../incident.ts";
import { burns, OVER_DAYS } from "./burns.ts";

/** Each of twelve a little longer than the one before, so that they do not end together, with nothing between. */
const slowCalls = instead(async (world) => {
  let calls = 0;
  return () => world.call("slow", { ms: 6_000 + 250 * (calls++ % 12), steps: 1 });
}, 12);

/** Whether the gateway serves, and how fast. */
export const gatewayIncidents: Incidents = {
  "gateway-killed": {
    what: "the gateway cannot be reached",
    alerts: ["GatewayDown", "TargetDown"],
    strike: breakWay("gateway"),
  },
  "traffic-stops": {
    what: "no client calls any more",
    alerts: ["NoGatewayRequests"],
    strike: (world) => {
      world.traffic.stop();
      return () => world.traffic.start();
    },
  },
  "traffic-floods": {
    what: "a replica decides 1,500 calls in a second",
    alerts: ["HighGatewayRequestVolume"],
    needs: [busyReplica],
    played: "the replica's counter of decisions: one machine of two processors decides fewer",
    strike(world) {
      world.part(busyReplica).decide(1_500);
      return () => world.part(busyReplica).decide(10);
    },
  },
  "connections-used-up": {
    what: "a server with one connection for calls takes a second for each of eight callers",
    alerts: ["ConnectionPoolExhausted"],
    needs: [narrowServer],
    strike: aside(async (world) => () => world.call("slow", { ms: 1_000, steps: 1 }, undefined, "narrow"), 8),
  },
  "upstream-errors": {
    what: "the MCP server is killed",
    alerts: ["GatewayHighErrorRate", "GatewayClientErrors", "GatewayLowSuccessRate"],
    strike: breakWay("tools"),
  },
  "slow-tool": {
    what: "a tool takes 6 to 9 s",
    alerts: ["GatewayHighLatency", "ToolSlaViolated", ...burns("GatewayLatency", 14, 6)],
    strike: slowCalls,
  },
  "slow-tool-for-days": {
    what: "a tool takes 6 to 9 s, for long",
    alerts: burns("GatewayLatency", 3, 1),
    scale: OVER_DAYS,
    strike: slowCalls,
  },
  "cache-useless": {
    what: "no two calls are alike, so that no decision comes from the cache",
    alerts: ["LowPolicyCacheHitRate", "ZeroCacheHits"],
    strike: unlike(),
  },
  "agents-denied": {
    what: "policy denies an agent all that it asks of another one",
    alerts: ["HighA2ADenyRate"],
    strike: aside(async (world) => {
      const claims = { sub: "rogue", roles: ["agent"], principal_type: "agent" };
      const authorization = `Bearer ${await world.issuer.issue(claims)}`;
      const body = {
        source_agent_id: "rogue",
        target_agent_id: "crawler",
        capability: "execute",
        message_type: "task",
      };
      const path = "/api/v1/gateway/authorize-a2a";
      return () => send(world.gateway.url, { path, headers: { authorization }, body }).catch(() => undefined);
    }),
  },
  "calls-denied": {
    what: "policy denies all that a user asks for",
    alerts: ["HighDenyRate", "HighPolicyDenialRate", "SuspiciousUserActivity"],
    strike: instead(async (world) => {
      const mallory = await tokenOf(world, "mallory");
      return () => world.call("echo", { text: "a" }, mallory);
    }),
  },
};
