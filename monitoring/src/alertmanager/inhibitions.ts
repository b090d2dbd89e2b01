/** One rule: while an alert of the source fires, those of the target that share the labels of `equal` are not sent. */
export interface Inhibition {
  readonly source_matchers: readonly string[];
  readonly target_matchers: readonly string[];
  readonly equal?: readonly string[];
}

const causes = (source: string, ...target: readonly string[]): Inhibition => ({
  source_matchers: [`alertname="${source}"`],
  target_matchers: target,
});

/** A cause silences its symptoms, the severe alert the mild one, and the fast burn rate the slow ones. */
export const INHIBITIONS: readonly Inhibition[] = [
  causes("GatewayDown", 'component=~"gateway|policy|upstream|cost|audit|siem"', 'alertname!="GatewayDown"'),
  causes("GatewayDown", 'alertname="TargetDown"', 'job="sark-gateway"'),
  causes("MetricsServiceDown", 'component="metrics-service"', 'alertname!="MetricsServiceDown"'),
  causes("PostgresDown", 'alertname=~"AuditStoreDown|AuditEventLoggingFailed|AuditDurabilityBurn.*"'),
  causes("PostgresDown", 'alertname=~"DatabaseConnectionFailure|APIHighErrorRate"'),
  causes("AuditStoreDown", 'alertname=~"AuditEventLoggingFailed|AuditDurabilityBurn.*"'),
  causes(
    "PolicyEngineDown",
    'alertname=~"GatewayClientErrors|.*GatewayAuthorizationLatency|GatewayAvailabilityBurn.*|HighPolicyDenialRate|HighDenyRate|SuspiciousUserActivity"',
  ),
  causes("SiemIntegrationFailing", 'alertname=~"DeliveryLagBurn.*"'),
  {
    source_matchers: ['severity="critical"', 'symptom!=""'],
    target_matchers: ['severity="warning"', 'symptom!=""'],
    equal: ["symptom", "instance"],
  },
  ...(
    [
      ["14.4", "6|3|1"],
      ["6", "3|1"],
      ["3", "1"],
    ] as const
  ).map(([fast, slow]) => ({
    source_matchers: [`burn="${fast}"`],
    target_matchers: [`burn=~"${slow}"`],
    equal: ["slo"],
  })),
];
