import { expect, it } from "vitest";
import { RULE_FILES } from "./rule-files.ts";

/** What the requirements fix, in their words: the comparison, for how long, and how severe. */
const CONTRACTS: readonly (readonly [name: string, is: string, duration: string, severity: string])[] = [
  ["HighGatewayAuthorizationLatency", "> 0.05", "5m", "warning"],
  ["CriticalGatewayAuthorizationLatency", "> 0.1", "2m", "critical"],
  ["GatewayClientErrors", "> 0.1", "5m", "critical"],
  ["HighDenyRate", "> 0.3", "10m", "warning"],
  ["LowPolicyCacheHitRate", "< 0.8", "10m", "warning"],
  ["ZeroCacheHits", "== 0", "5m", "critical"],
  ["HighGatewayRequestVolume", "> 1000", "5m", "warning"],
  ["NoGatewayRequests", "== 0", "10m", "warning"],
  ["AuditEventLoggingFailed", "== 0", "1m", "critical"],
  ["HighA2ADenyRate", "> 0.5", "10m", "warning"],
  ["GatewayHighErrorRate", "> 0.05", "5m", "critical"],
  ["GatewayHighLatency", "> 2", "5m", "warning"],
  ["GatewayDown", "== 0", "2m", "critical"],
  ["GatewayLowSuccessRate", "< 0.95", "10m", "warning"],
  ["ConnectionPoolExhausted", "> 0", "2m", "critical"],
  ["HighHostMemoryUsage", "> 0.8", "5m", "warning"],
  ["HighHostCpuUsage", "> 0.8", "10m", "warning"],
  ["LowHostDiskSpace", "< 0.2", "5m", "warning"],
  ["PolicyEngineDown", "== 0", "1m", "critical"],
  ["SiemIntegrationFailing", "== 0", "5m", "critical"],
  ["APIHighErrorRate", "> 0.05", "1m", "critical"],
  ["APIHighLatency", "> 0.5", "2m", "critical"],
  ["MetricsServiceDown", "== 0", "1m", "critical"],
  ["DatabaseConnectionFailure", "> 0.5", "1m", "critical"],
  ["DatabaseHighConnections", "> 0.8", "5m", "critical"],
  ["CriticalMemoryUsage", "> 0.9", "2m", "critical"],
  ["CriticalCPUUsage", "> 0.85", "5m", "critical"],
  ["CertificateExpiring", "< 14", "0m", "critical"],
  ["HighMemoryUsage", "> 0.8", "5m", "warning"],
  ["HighCPUUsage", "> 0.8", "10m", "warning"],
  ["SlowResponseTime", "> 0.5", "10m", "warning"],
  ["HighDiskUsage", "> 0.8", "5m", "warning"],
  ["WebSocketConnectionDrop", "> 50", "2m", "warning"],
  ["LowUserActivity", "< 10", "30m", "warning"],
  ["ProductivityScoreAnomaly", "< 50", "15m", "warning"],
  ["GatewayAvailabilityBurn14x", "> 0.0144", "2m", "critical"],
  ["GatewayAvailabilityBurn6x", "> 0.006", "15m", "critical"],
  ["GatewayAvailabilityBurn3x", "> 0.003", "1h", "warning"],
  ["GatewayAvailabilityBurn1x", "> 0.001", "3h", "warning"],
];

/** What the requirements name without figures: those are ours. */
const OURS: typeof CONTRACTS = [
  ["UnusualAuthenticationFailures", "> 0.5", "2m", "warning"],
  ["HighPolicyDenialRate", "> 0.5", "5m", "critical"],
  ["RateLimitAbuse", "> 1", "2m", "warning"],
  ["PrivilegeEscalationAttempts", "> 10", "0m", "critical"],
  ["SuspiciousUserActivity", "> 0.5", "0m", "warning"],
  ["SecurityBreachSuspected", "> 5", "0m", "critical"],
  ["AuditHistoryChanged", "> 0", "0m", "critical"],
  ["ToolSlaViolated", "> 5", "10m", "warning"],
  ["UserQuotaExceeded", "> 0", "0m", "warning"],
  ["BudgetThresholdReached", "> 0.8", "0m", "warning"],
  ["UnusualCost", "> 3", "10m", "warning"],
  ["UnusualTraffic", "> 3", "5m", "warning"],
  ["BackgroundJobsFailing", "> 3", "0m", "warning"],
  ["CacheHitRateDegraded", "< 0.5", "10m", "warning"],
];

/** What stands in which file. */
const FILES: Readonly<Record<string, readonly string[]>> = {
  "rules/gateway-alerts.yaml": CONTRACTS.slice(0, 10).map(([name]) => name),
  "alerts/gateway_alerts.yml": CONTRACTS.slice(10, 15).map(([name]) => name),
  "alerts/security_alerts.yml": OURS.slice(0, 7).map(([name]) => name),
  "alerts/infrastructure_alerts.yml": [
    "HighHostMemoryUsage",
    "HighHostCpuUsage",
    "LowHostDiskSpace",
    "PolicyEngineDown",
    "SiemIntegrationFailing",
  ],
  "alerts/business_alerts.yml": OURS.slice(7, 11).map(([name]) => name),
};

/** What SVC-3 names, and the rules that watch it. */
const WATCHED: readonly (readonly [what: string, ...names: string[]])[] = [
  ["the cluster and its nodes", "KubernetesNodeNotReady", "HighHostMemoryUsage", "HighHostCpuUsage"],
  ["PostgreSQL", "PostgresDown", "DatabaseHighConnections"],
  ["Redis", "SharedStateDown", "RedisMemoryHigh"],
  ["the load balancer and the network", "EndpointUnreachable"],
  ["autoscaling and capacity", "AutoscalerAtMaximum", "LowHostDiskSpace", "HostDiskFullSoon"],
  ["certificates", "CertificateExpiring", "EndpointCertificateExpiring"],
];

const alerts = RULE_FILES.flatMap(({ groups }) => groups.flatMap((group) => group.alerts));

it.each([...CONTRACTS, ...OURS])(
  "%s fires at %s for %s, as %s [ALR-1] [ALR-2] [ALR-3] [ALR-4] [ALR-5]",
  (name, is, duration, severity) => {
    const alert = alerts.find((one) => one.name === name);
    expect(`${alert?.when.is} ${alert?.when.threshold}`).toBe(is);
    expect(alert?.for).toBe(duration);
    expect(alert?.severity).toBe(severity);
  },
);

it.each(WATCHED)("%s: watched by rules, each with values that prove it [SVC-3]", (_, ...names) => {
  expect(names.filter((name) => !alerts.some((alert) => alert.name === name))).toEqual([]);
});

it.each(Object.entries(FILES))(
  "%s has what the requirements name there [ALR-1] [ALR-2] [ALR-3] [ALR-4]",
  (path, names) => {
    const file = RULE_FILES.find((one) => one.path === `monitoring/prometheus/${path}`);
    const there = file?.groups.flatMap((group) => group.alerts.map(({ name }) => name));
    expect(there).toEqual(expect.arrayContaining([...names]));
  },
);

it("rules/gateway-alerts.yaml has ten rules, and no others [ALR-1]", () => {
  const file = RULE_FILES.find(({ path }) => path.endsWith("/gateway-alerts.yaml"));
  const there = file?.groups.flatMap((group) => group.alerts.map(({ name }) => name));
  expect(there?.toSorted()).toEqual(FILES["rules/gateway-alerts.yaml"]?.toSorted());
});

it("WebSocketConnectionDrop counts connections lost in 10 minutes [ALR-5]", () => {
  expect(alerts.find(({ name }) => name === "WebSocketConnectionDrop")?.when.value).toContain("[10m]");
});

it("LowUserActivity and ProductivityScoreAnomaly look at an hour [ALR-5]", () => {
  const value = (name: string) => alerts.find((alert) => alert.name === name)?.when.value;
  expect(value("LowUserActivity")).toContain('"1h"');
  expect(value("ProductivityScoreAnomaly")).toContain("[1h]");
});
