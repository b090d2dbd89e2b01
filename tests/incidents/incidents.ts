import { send } from "../support/requests.ts";
import type { World } from "./world.ts";

/** A real fault of the running system, and the alerts that it must bring about. */
export interface Incident {
  readonly what: string;
  readonly alerts: readonly string[];
  /** By how much durations of rules are shorter. Default: 60, so that a minute is a second. */
  readonly scale?: number;
  /** Begins the fault; resolves to what ends it. */
  strike(world: World): Promise<() => void> | (() => void);
}

const burns = (promise: string, ...tiers: readonly number[]) => tiers.map((tier) => `${promise}Burn${tier}x`);
/** Tiers that wait for hours are seen where an hour is 6 s. */
const SLOWLY = 600;

function breakWay(name: keyof World["ways"], fault: "killed" | "paused" = "killed") {
  return ({ ways }: World) => {
    ways[name].strike(fault);
    return () => ways[name].mend();
  };
}

function instead(doing: (world: World) => Promise<() => Promise<unknown>>, atOnce = 1, pauseMs = 50) {
  return async (world: World) => {
    const one = await doing(world);
    world.traffic.stop();
    const stop = world.keep(one, atOnce, pauseMs);
    return () => {
      stop();
      world.traffic.start();
    };
  };
}

function aside(doing: (world: World) => Promise<() => Promise<unknown>>, atOnce = 1, pauseMs = 50) {
  return async (world: World) => world.keep(await doing(world), atOnce, pauseMs);
}

const token = (world: World, sub: string) => world.issuer.issue({ sub });
const get = (world: World, path: string, authorization: string) =>
  send(world.gateway.url, { method: "GET", path, headers: { authorization } }).catch(() => undefined);

const slowCalls = instead(async (world) => () => world.call("slow", { ms: 6_000, steps: 1 }), 12);
let unique = 0;

export const INCIDENTS: Readonly<Record<string, Incident>> = {
  heartbeat: {
    what: "nothing is wrong",
    alerts: ["Watchdog"],
    strike: () => () => undefined,
  },
  "upstream-errors": {
    what: "the MCP server is killed",
    alerts: ["GatewayHighErrorRate", "GatewayClientErrors", "GatewayLowSuccessRate"],
    strike: breakWay("tools"),
  },
  "slow-tool": {
    what: "a tool takes 6 s",
    alerts: ["GatewayHighLatency", "ToolSlaViolated", ...burns("GatewayLatency", 14, 6)],
    strike: slowCalls,
  },
  "slow-tool-for-days": {
    what: "a tool takes 6 s, for long",
    alerts: burns("GatewayLatency", 3, 1),
    scale: SLOWLY,
    strike: slowCalls,
  },
  "policy-engine-killed": {
    what: "OPA is killed",
    alerts: ["PolicyEngineDown", ...burns("GatewayAvailability", 14, 6)],
    // Decisions in the cache are no calls to OPA.
    strike: async (world) => {
      const mend = breakWay("opa")(world);
      const stop = await unlike()(world);
      return () => (stop(), mend());
    },
  },
  "policy-engine-killed-for-days": {
    what: "OPA is killed, for long",
    alerts: burns("GatewayAvailability", 3, 1),
    scale: SLOWLY,
    strike: async (world) => {
      const mend = breakWay("opa")(world);
      const stop = await unlike()(world);
      return () => (stop(), mend());
    },
  },
  "slow-policy": {
    what: "OPA does not respond within the time limit of 1 s",
    alerts: ["HighGatewayAuthorizationLatency", "CriticalGatewayAuthorizationLatency"],
    strike: async (world) => {
      const mend = breakWay("opa", "paused")(world);
      const stop = await unlike()(world);
      return () => (stop(), mend());
    },
  },
  "cache-useless": {
    what: "no two calls are alike, so that no decision comes from the cache",
    alerts: ["LowPolicyCacheHitRate", "ZeroCacheHits"],
    strike: unlike(),
  },
  "postgres-killed": {
    what: "PostgreSQL is killed",
    alerts: ["PostgresDown", "AuditStoreDown", "AuditEventLoggingFailed", ...burns("AuditDurability", 14, 6)],
    strike: breakWay("postgres"),
  },
  "postgres-killed-for-days": {
    what: "PostgreSQL is killed, for long",
    alerts: burns("AuditDurability", 3, 1),
    scale: SLOWLY,
    strike: breakWay("postgres"),
  },
  "siem-refuses": {
    what: "the SIEM is killed",
    alerts: ["SiemIntegrationFailing", ...burns("DeliveryLag", 14, 6)],
    strike: breakWay("siem"),
  },
  "siem-refuses-for-days": {
    what: "the SIEM is killed, for long",
    alerts: burns("DeliveryLag", 3, 1),
    scale: SLOWLY,
    strike: breakWay("siem"),
  },
  "credentials-guessed": {
    what: "keys that were never issued are tried",
    alerts: ["UnusualAuthenticationFailures"],
    strike: aside(async (world) => () => world.call("echo", { text: "a" }, `sark_${"x".repeat(40)}`)),
  },
  "tokens-forged": {
    what: "a good token is sent with another signature",
    alerts: ["SecurityBreachSuspected"],
    strike: aside(async (world) => {
      const [head, claims, signature = ""] = (await token(world, "root")).split(".");
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
      const greedy = await token(world, "greedy");
      return () => world.call("echo", { text: "a" }, greedy);
    }),
  },
  "roles-tried": {
    what: "a user without roles asks for what operators may see",
    alerts: ["PrivilegeEscalationAttempts"],
    strike: aside(async (world) => {
      const bearer = `Bearer ${await token(world, "curious")}`;
      return () => get(world, "/api/v1/audit/events", bearer);
    }),
  },
  "calls-denied": {
    what: "policy denies all that a user asks for",
    alerts: ["HighDenyRate", "HighPolicyDenialRate", "SuspiciousUserActivity"],
    strike: instead(async (world) => {
      const mallory = await token(world, "mallory");
      return () => world.call("echo", { text: "a" }, mallory);
    }),
  },
  "traffic-stops": {
    what: "no client calls any more",
    alerts: ["NoGatewayRequests"],
    strike: (world) => {
      world.traffic.stop();
      return () => world.traffic.start();
    },
  },
  "gateway-killed": {
    what: "the gateway cannot be reached",
    alerts: ["GatewayDown", "TargetDown"],
    strike: breakWay("gateway"),
  },
  "budget-used-up": {
    what: "a user spends its budget, and goes on",
    alerts: ["UserQuotaExceeded"],
    strike: aside(async (world) => {
      const spender = await token(world, "spender");
      return () => world.call("add", { a: 1, b: 2 }, spender);
    }),
  },
};

function unlike() {
  return instead(async (world) => () => world.call("echo", { text: `unlike ${(unique += 1)}` }));
}

/** Alerts that no incident provokes yet, each with what it needs. The gate fails for one that stands nowhere. */
export const WITHOUT_INCIDENT: Readonly<Record<string, string>> = {
  HighGatewayRequestVolume: "a thousand calls a second, which one process of this size does not decide",
  HighA2ADenyRate: "a second gateway with agents that call each other",
  ConnectionPoolExhausted: "a pool of one connection that is held",
  HighHostMemoryUsage: "pressure on the whole machine",
  HighHostCpuUsage: "pressure on the whole machine",
  LowHostDiskSpace: "a small disk (tmpfs), which takes root",
  LowDataDiskSpace: "a small disk (tmpfs), which takes root",
  SharedStateDown: "Redis in the world",
  SiemEventsQuarantined: "a receiver that refuses one event for good",
  BudgetThresholdReached: "an end of the period: it does not resolve before midnight",
  UnusualCost: "a day of cost before it, five minutes at a scale of 288",
  CertificateExpiring: "a listener with a certificate that is about to end",
  EndpointCertificateExpiring: "the blackbox exporter in the world",
  NotificationsFailing: "Alertmanager as a target",
  APIHighErrorRate: "the metrics service in the world",
  APIHighLatency: "the metrics service in the world",
  SlowResponseTime: "the metrics service in the world",
  MetricsServiceDown: "the metrics service in the world",
  UnusualTraffic: "the metrics service in the world",
  DatabaseConnectionFailure: "the metrics service in the world",
  DatabaseHighConnections: "the metrics service in the world",
  CriticalMemoryUsage: "the metrics service in the world",
  HighMemoryUsage: "the metrics service in the world",
  CriticalCPUUsage: "the metrics service in the world",
  HighCPUUsage: "the metrics service in the world",
  HighDiskUsage: "the metrics service in the world",
  WebSocketConnectionDrop: "the metrics service in the world",
  BackgroundJobsFailing: "the metrics service in the world",
  LowUserActivity: "the metrics service in the world",
  ProductivityScoreAnomaly: "the metrics service in the world",
};
