import { series } from "../../../promql/series.ts";
import type { Section } from "../../layout/define-dashboard.ts";
import { allRunbooks } from "../../parts/links.ts";
import { table } from "../../panels/table.ts";
import { timeSeries } from "../../panels/time-series.ts";
import { rate, sum } from "../../../promql/expressions.ts";

// One replica delivers to a destination; which one is of no interest, so that replicas are not chosen here.
const TO = { job: "sark-gateway", destination: "$destination" } as const;
const worst = (name: Parameters<typeof series>[0]) =>
  `max by (platform, destination) (${series(name as "sark_siem_backlog_events", TO)})`;
const YES_NO = {
  0: { text: "no", color: "red" },
  1: { text: "yes", color: "green" },
} as const;

export const siemSection: Section = {
  title: "SIEM",
  panels: [
    table({
      title: "SIEM Integration Status",
      description:
        "Each destination: whether its last request succeeded, what waits for it, since when, and what it refused for good.",
      unit: "short",
      values: [
        worst("sark_siem_backlog_events"),
        worst("sark_siem_backlog_seconds"),
        worst("sark_siem_quarantined_events"),
        `min by (platform, destination) (${series("sark_siem_connection_up", TO)})`,
      ],
      columns: [
        { label: "destination", title: "Destination" },
        { label: "platform", title: "Platform" },
        {
          title: "Waiting events",
          unit: "locale",
          decimals: 0,
          steps: [
            { from: null, color: "text" },
            { from: 10_000, color: "orange" },
          ],
        },
        {
          title: "Oldest waits since",
          unit: "s",
          steps: [
            { from: null, color: "text" },
            { from: 60, color: "orange" },
            { from: 600, color: "red" },
          ],
        },
        {
          title: "Quarantine",
          unit: "locale",
          decimals: 0,
          steps: [
            { from: null, color: "text" },
            { from: 1, color: "red" },
          ],
        },
        { title: "Takes events", texts: YES_NO },
      ],
      empty: "no destinations",
      links: [allRunbooks()],
      width: 24,
      height: 7,
    }),
    timeSeries({
      title: "SIEM Requests",
      description:
        "Requests to destinations per second, by how they ended. retry in numbers: the receiver is away or overloaded.",
      unit: "reqps",
      queries: [
        {
          expr: sum(rate(series("sark_siem_forwards_total", TO)), "destination", "status"),
          legend: "{{destination}} - {{status}}",
        },
      ],
      legend: "table",
      links: [allRunbooks()],
      width: 12,
      height: 9,
    }),
    timeSeries({
      title: "SIEM Backlog",
      description:
        "Events of the audit log that are not settled with a destination. They wait there; none is lost.",
      unit: "short",
      queries: [
        {
          expr: `max by (destination) (${series("sark_siem_backlog_events", TO)})`,
          legend: "{{destination}}",
        },
      ],
      legend: "table",
      links: [allRunbooks()],
      width: 12,
      height: 9,
    }),
  ],
};
