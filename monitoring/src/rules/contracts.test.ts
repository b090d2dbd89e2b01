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
  ["HighHostMemoryUsage", "> 0.8", "5m", "warning"],
  ["HighHostCpuUsage", "> 0.8", "10m", "warning"],
  ["LowHostDiskSpace", "< 0.2", "5m", "warning"],
  ["APIHighErrorRate", "> 0.05", "1m", "critical"],
  ["APIHighLatency", "> 0.5", "2m", "critical"],
  ["DatabaseConnectionFailure", "> 0.5", "1m", "critical"],
  ["DatabaseHighConnections", "> 0.8", "5m", "critical"],
  ["CriticalMemoryUsage", "> 0.9", "2m", "critical"],
  ["CriticalCPUUsage", "> 0.85", "5m", "critical"],
  ["HighMemoryUsage", "> 0.8", "5m", "warning"],
  ["HighCPUUsage", "> 0.8", "10m", "warning"],
  ["HighDiskUsage", "> 0.8", "5m", "warning"],
  ["WebSocketConnectionDrop", "> 50", "2m", "warning"],
  ["LowUserActivity", "< 10", "30m", "warning"],
  ["ProductivityScoreAnomaly", "< 50", "15m", "warning"],
  ["GatewayAvailabilityBurn14x", "> 0.0144", "2m", "critical"],
  ["GatewayAvailabilityBurn6x", "> 0.006", "15m", "critical"],
  ["GatewayAvailabilityBurn3x", "> 0.003", "1h", "warning"],
  ["GatewayAvailabilityBurn1x", "> 0.001", "3h", "warning"],
];

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

it.each(CONTRACTS)("%s fires at %s for %s, as %s [ALR-1] [ALR-5]", (name, is, duration, severity) => {
  const alert = alerts.find((one) => one.name === name);
  expect(`${alert?.when.is} ${alert?.when.threshold}`).toBe(is);
  expect(alert?.for).toBe(duration);
  expect(alert?.severity).toBe(severity);
});

it.each(WATCHED)("%s: watched by rules, each with values that prove it [SVC-3]", (_, ...names) => {
  expect(names.filter((name) => !alerts.some((alert) => alert.name === name))).toEqual([]);
});
