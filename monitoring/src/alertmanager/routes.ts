import type { ReceiverName } from "./receivers.ts";

export interface Route {
  readonly receiver: ReceiverName;
  readonly matchers?: readonly string[];
  readonly group_by?: readonly string[];
  readonly group_wait?: string;
  readonly group_interval?: string;
  readonly repeat_interval?: string;
  readonly continue?: boolean;
  readonly active_time_intervals?: readonly string[];
  readonly routes?: readonly Route[];
}

export const TIME_INTERVALS = [
  {
    name: "office-hours",
    time_intervals: [
      { weekdays: ["monday:friday"], times: [{ start_time: "08:00", end_time: "18:00" }], location: "UTC" },
    ],
  },
] as const;

/**
 * Critical: a page at once, and to a second person after 30 minutes unless it is over by then. Warnings: a queue that is
 * worked off within 24 hours. Product: its own people, in office hours. `Watchdog`: to what listens for silence.
 */
export const ROUTE: Route = {
  receiver: "queue",
  group_by: ["alertname", "component"],
  group_wait: "30s",
  group_interval: "5m",
  repeat_interval: "24h",
  routes: [
    {
      receiver: "watchdog",
      matchers: ['alertname="Watchdog"'],
      group_wait: "0s",
      group_interval: "1m",
      repeat_interval: "1m",
    },
    { receiver: "none", matchers: ['severity="info"'] },
    {
      receiver: "product",
      matchers: ['team="product"'],
      group_by: ["alertname"],
      group_wait: "5m",
      repeat_interval: "24h",
      active_time_intervals: ["office-hours"],
    },
    {
      receiver: "on-call",
      matchers: ['severity="critical"'],
      group_wait: "10s",
      group_interval: "1m",
      repeat_interval: "1h",
      continue: true,
    },
    // Alertmanager knows no escalation: a group that is over before this wait is never sent to the second person.
    {
      receiver: "escalation",
      matchers: ['severity="critical"'],
      group_by: ["alertname", "component", "severity"],
      group_wait: "30m",
      group_interval: "30m",
      repeat_interval: "2h",
      continue: true,
    },
    { receiver: "security", matchers: ['team="security"', 'severity="critical"'], group_wait: "10s" },
    { receiver: "queue", matchers: ['severity="warning"'] },
  ],
};
