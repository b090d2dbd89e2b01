import { rate, sum } from "../../../promql/expressions.ts";
import { series } from "../../../promql/series.ts";
import type { Section } from "../../layout/define-dashboard.ts";
import { runbook } from "../../parts/links.ts";
import { stateTimeline } from "../../panels/state-timeline.ts";
import { timeSeries } from "../../panels/time-series.ts";
import { thresholdOf } from "../terms/thresholds.ts";

const DAY_SECONDS = 86_400;
const UP = {
  0: { text: "unreachable", color: "red" },
  1: { text: "reached", color: "green" },
} as const;

const WAYS = { receive: "received", transmit: "sent" } as const;
const PROBLEMS = { errs: "broken", drop: "dropped" } as const;

export const networkSection: Section = {
  title: "Load balancer and network",
  panels: [
    stateTimeline({
      title: "Public Addresses",
      description:
        "Whether each address responds as it should, seen from outside: name, network, load balancer and what stands behind it.",
      unit: "none",
      queries: [{ expr: `min by (instance) (${series("probe_success")})`, legend: "{{instance}}" }],
      states: UP,
      links: [runbook("EndpointUnreachable")],
      width: 12,
      height: 9,
    }),
    timeSeries({
      title: "Response Time from Outside",
      description:
        "How long each part of a request takes. Much for `resolve`: the look-up of the name; for `connect`: the network; for `processing`: the load balancer or the service.",
      unit: "s",
      queries: [
        {
          expr: `max by (instance, phase) (${series("probe_http_duration_seconds")})`,
          legend: "{{instance}} {{phase}}",
        },
      ],
      legend: "table",
      links: [runbook("EndpointUnreachable")],
      width: 12,
      height: 9,
    }),
    timeSeries({
      title: "Certificates End In",
      description:
        "Days until the first certificate ends that an address shows. The line is where an alert fires.",
      unit: "suffix:days",
      decimals: 0,
      queries: [
        {
          expr: `(min by (instance) (${series("probe_ssl_earliest_cert_expiry")}) - time()) / ${DAY_SECONDS}`,
          legend: "{{instance}}",
        },
      ],
      steps: [
        { from: null, color: "red" },
        { from: thresholdOf("EndpointCertificateExpiring"), color: "green" },
      ],
      links: [runbook("EndpointCertificateExpiring")],
      width: 12,
      height: 9,
    }),
    timeSeries({
      title: "Network Errors and Drops",
      description: "Packets per second that a machine could not take or send, all its devices together.",
      unit: "pps",
      queries: (["receive", "transmit"] as const).flatMap((way) =>
        (["errs", "drop"] as const).map((what) => ({
          expr: sum(rate(series(`node_network_${way}_${what}_total`, { job: "node" })), "instance"),
          legend: `{{instance}} ${WAYS[way]}, ${PROBLEMS[what]}`,
        })),
      ),
      legend: "table",
      links: [runbook("EndpointUnreachable")],
      width: 12,
      height: 9,
    }),
  ],
};
