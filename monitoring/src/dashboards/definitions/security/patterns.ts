import { series } from "../../../promql/series.ts";
import type { Section } from "../../layout/define-dashboard.ts";
import { allRunbooks, auditEvents, runbook } from "../../parts/links.ts";
import { stateTimeline } from "../../panels/state-timeline.ts";
import { table } from "../../panels/table.ts";
import { timeSeries } from "../../panels/time-series.ts";
import { counted, rate, share, sum } from "../../../promql/expressions.ts";
import { userColumns } from "../terms/gateway-panels.ts";
import { AT, TOP_DENIED_USERS } from "../terms/gateway-queries.ts";
import { INCIDENT_STATES, incidents } from "../terms/incidents.ts";

const asked = sum(rate(series("sark_gateway_user_requests_total", AT)), "user");
const denied = sum(rate(series("sark_gateway_user_requests_total", { decision: "deny", ...AT })), "user");

/** Reasons for which a message is refused by its form: what readers that are less exact could take for something else. */
const MALFORMED = [
  "malformed_json",
  "duplicate_key",
  "similar_key",
  "broken_unicode",
  "number_out_of_range",
  "too_deep",
  "invalid_message",
  "invalid_id",
  "invalid_method",
  "header_mismatch",
] as const;

export const patternSection: Section = {
  title: "Suspicious activity",
  panels: [
    timeSeries({
      title: "Suspicious Activity Patterns",
      description:
        "Per second: arguments and names that could be read in two ways, invalid requests, malformed responses of servers, requests for replicas that no replica sent, and sessions beyond the limits. Each is what an attack looks like, or a broken client.",
      unit: "ops",
      queries: [
        {
          expr: sum(
            rate(
              series("sark_policy_denials_total", {
                reason: ["ambiguous_arguments", "ambiguous_name", "undecidable_request"],
                ...AT,
              }),
            ),
          ),
          legend: "read in two ways",
        },
        {
          expr: sum(
            rate(
              series("sark_gateway_client_errors_total", {
                error_type: MALFORMED,
                ...AT,
              }),
            ),
          ),
          legend: "invalid requests",
        },
        {
          expr: sum(rate(series("sark_gateway_malformed_responses_total", AT))),
          legend: "malformed responses",
        },
        {
          expr: sum(rate(series("sark_gateway_forwarded_refused_total", AT))),
          legend: "not from a replica",
        },
        {
          expr: sum(rate(series("sark_gateway_sessions_refused_total", AT))),
          legend: "sessions beyond limits",
        },
      ],
      legend: "table",
      links: [
        runbook("GatewayClientErrors"),
        auditEvents("Audit: access denied", { event_type: "access_denied" }),
      ],
      width: 12,
      height: 9,
    }),
    timeSeries({
      title: "Denied Share by User",
      description:
        "The ten users and agents with the greatest part of denials in what they ask for. Near 1 for long: it probes what it may do, or its policy is wrong.",
      unit: "percentunit",
      max: 1,
      queries: [{ expr: `topk(10, ${share(denied, asked)} > 0)`, legend: "{{user}}" }],
      legend: "table",
      empty: "no denials",
      links: [runbook("HighDenyRate")],
      valueLinks: [
        auditEvents("Audit: denied to this user", {
          user_id: "${__field.labels.user:percentencode}",
          decision: "deny",
        }),
      ],
      width: 12,
      height: 9,
    }),
    table({
      title: "Failed Requests by User",
      description: "Users and agents by what was denied to them in the last hour.",
      unit: "short",
      decimals: 0,
      values: [
        TOP_DENIED_USERS,
        `${counted(series("sark_gateway_user_requests_total", AT), "1h", "tenant", "user")} and on (tenant, user) ${TOP_DENIED_USERS}`,
      ],
      columns: [
        ...userColumns("Audit: denied to this user", { decision: "deny" }),
        { title: "Denied", unit: "locale" },
        { title: "Asked for", unit: "locale" },
      ],
      empty: "no denials",
      links: [runbook("HighDenyRate")],
      width: 12,
      height: 9,
    }),
    stateTimeline({
      title: "Security Alerts Timeline",
      description: "Alerts for the security team, while they fire: critical ones red, warnings orange.",
      unit: "none",
      queries: incidents({ team: "security" }),
      states: INCIDENT_STATES,
      empty: "no alerts",
      links: [allRunbooks()],
      width: 12,
      height: 9,
    }),
  ],
};
