import { series } from "../../../promql/series.ts";
import type { Section } from "../../layout/define-dashboard.ts";
import { auditEvents, runbook, traces } from "../../parts/links.ts";
import { timeSeries } from "../../panels/time-series.ts";
import { rate, sum } from "../../../promql/expressions.ts";
import { AT } from "../terms/gateway-queries.ts";

export const accessSection: Section = {
  title: "Who is let in, and to what",
  panels: [
    timeSeries({
      title: "Authentication Failures",
      description:
        "Requests per second whose credentials were missing or refused, by why. unknown_key or bad_signature in numbers: keys are tried out; expired_token from many: an identity provider or a clock is wrong.",
      unit: "reqps",
      queries: [
        {
          expr: sum(rate(series("sark_gateway_authentication_failures_total", AT)), "reason"),
          legend: "{{reason}}",
        },
      ],
      legend: "table",
      links: [auditEvents("Audit: access denied", { event_type: "access_denied" })],
      width: 12,
      height: 9,
    }),
    timeSeries({
      title: "Denials by Policy",
      description:
        "Denials per second by the policy that led to them. none: no policy permits it, which is a denial, too.",
      unit: "ops",
      queries: [
        {
          expr: sum(rate(series("sark_policy_decisions_total", { decision: "deny", ...AT })), "policy"),
          legend: "{{policy}}",
        },
      ],
      legend: "table",
      links: [runbook("HighDenyRate"), auditEvents("Audit: what was denied", { decision: "deny" })],
      width: 12,
      height: 9,
    }),
    timeSeries({
      title: "Denials by Reason",
      description:
        "Denials per second by reason. denied_by_role and insufficient_scope in numbers: a caller tries what its role or token does not allow; policy_…: the engine fails, and all is denied.",
      unit: "ops",
      queries: [
        {
          expr: sum(
            rate(series("sark_policy_denials_total", { reason: { not: ["allowed"] }, ...AT })),
            "reason",
          ),
          legend: "{{reason}}",
        },
      ],
      legend: "table",
      valueLinks: [
        traces(
          "Traces: denied for this reason",
          '{resource.service.name="sark-gateway" && span.sark.reason_code="${__field.labels.reason}"}',
        ),
      ],
      links: [runbook("HighDenyRate"), auditEvents("Audit: what was denied", { decision: "deny" })],
      width: 12,
      height: 9,
    }),
    timeSeries({
      title: "Rate Limit Violations",
      description: "Calls per second that were refused for their rate, by the kind of limit and the server.",
      unit: "reqps",
      queries: [
        {
          expr: sum(rate(series("sark_gateway_rate_limit_violations_total", AT)), "limit", "server"),
          legend: "{{limit}} - {{server}}",
        },
      ],
      legend: "table",
      links: [runbook("GatewayClientErrors")],
      width: 12,
      height: 9,
    }),
  ],
};
