import { EXAMPLE_WAYS } from "../alertmanager/configuration.ts";
import type { Ways } from "../alertmanager/receivers.ts";

/** What monitoring does differently from one environment to the next. */
export interface Environment {
  readonly name: "development" | "staging" | "production";
  /** How often targets are scraped and rules evaluated. Dashboards promise data no older than 30 s: never above 15 s. */
  readonly interval: string;
  /** How long samples are kept, as Prometheus writes it. */
  readonly retention: string;
  /** Public addresses that are probed from outside. */
  readonly probed: readonly string[];
  /** How alerts reach people. */
  readonly ways: Ways;
}

/** Whoever develops looks at Alertmanager; staging wakes up no one; production has every way. */
export const ENVIRONMENTS: readonly Environment[] = [
  { name: "development", interval: "5s", retention: "7d", probed: ["http://gateway:8000/health"], ways: {} },
  {
    name: "staging",
    interval: "15s",
    retention: "15d",
    probed: ["https://sark.staging.example.com/health"],
    ways: { slackUrlFile: EXAMPLE_WAYS.slackUrlFile, runbooksUrl: EXAMPLE_WAYS.runbooksUrl },
  },
  {
    name: "production",
    interval: "15s",
    retention: "30d",
    probed: ["https://sark.example.com/health"],
    ways: {
      ...EXAMPLE_WAYS,
      webhookUrl: undefined,
      watchdogUrl: "https://watchdog.example.com/sark",
    },
  },
];
