import { RULE_FILES, type Alert } from "@sark/monitoring";
import { wait } from "@sark/observability/waiting";
import { scaleDuration, scaleRules } from "./scale-durations.ts";
import { metricsService } from "./parts/metrics-service.ts";
import { redis } from "./parts/redis.ts";
import { startWorld } from "./world.ts";

const SCALE = 12;
/** Callers at once, and their pause after each call. */
const LOADS = {
  normal: { callers: 1, pauseMs: 100 },
  busy: { callers: 8, pauseMs: 10 },
  overloaded: { callers: 64, pauseMs: 0 },
} as const;
type Load = keyof typeof LOADS;
const SETTLE_MS = 55_000;
/** An alert fires of what holds for its time; of each load this much is looked at. */
const MOST_HELD_MS = 20_000;

/** Why a value is beyond its threshold though nothing is wrong. */
const REASONS: Readonly<Record<string, string>> = {
  Watchdog: "fires always.",
  DatabaseHighConnections:
    "more requests at once than the 5 connections that this service may open (`database.maxConnections`, 10 by default): it is what the alert watches.",
};

/**
 * What each threshold is compared with, under three loads: how it was measured, what is beyond its threshold, and a table, in
 * Markdown. That is the end of docs/monitoring/thresholds.md, from its second paragraph on.
 */
export async function measureThresholds(settleMs = SETTLE_MS): Promise<string> {
  const world = await startWorld(SCALE, [redis, metricsService]);
  try {
    world.traffic.stop();
    const alerts = RULE_FILES.flatMap(({ groups }) => groups.flatMap((group) => group.alerts));
    const columns = new Map<Load, Map<string, number>>();
    for (const load of Object.keys(LOADS) as Load[]) {
      const { callers, pauseMs } = LOADS[load];
      const stop = world.keep(() => world.call("echo", { text: "measured" }), callers, pauseMs);
      // It has four tenants.
      world.part(metricsService).behave({ pauseMs, atOnce: Math.ceil(callers / 4) });
      await wait(settleMs);
      const values = new Map<string, number>();
      for (const alert of alerts) {
        const found = await world.prometheus.query(heldValue(alert));
        const numbers = found.map(({ value }) => value).filter((value) => !Number.isNaN(value));
        if (numbers.length > 0) {
          const worst = alert.when.is === ">" ? Math.max(...numbers) : Math.min(...numbers);
          values.set(alert.name, Number(worst.toPrecision(3)));
        }
      }
      stop();
      columns.set(load, values);
    }
    const measured = alerts.filter(({ name }) => [...columns.values()].some((values) => values.has(name)));
    const others = alerts.filter((alert) => !measured.includes(alert)).map(({ name }) => `\`${name}\``);
    return [
      `Each load was there for ${settleMs / 1_000} s. A value is what held, at its end, for as long as the alert wants it, ${MOST_HELD_MS / 1_000} s at most:`,
      "of an alert on too much the least of that time, of one on too little the most.",
      "",
      "Beyond their thresholds, if only of the value, were:",
      ...measured.flatMap((alert) => beyond(alert, columns)),
      "",
      `Nothing came that these look at (no error, no denial, no machine or cluster that is watched): ${others.join(", ")}.`,
      "",
      `| alert | threshold | ${Object.keys(LOADS).join(" | ")} |`,
      "|---|---|---|---|---|",
      ...measured.map(({ name, when }) => {
        const cells = [...columns.values()].map((values) => values.get(name) ?? "no data");
        return `| ${name} | ${when.is} ${when.threshold} | ${cells.join(" | ")} |`;
      }),
    ].join("\n");
  } finally {
    await world.close();
  }
}

/** The value that held for the time of the alert, with its windows as short as they are in this world. */
function heldValue({ when, for: duration }: Alert): string {
  const value = scaleRules(when.value, SCALE);
  const heldMs = Math.min(MOST_HELD_MS, Number.parseInt(scaleDuration(duration, SCALE), 10));
  if (heldMs === 0) {
    return value;
  }
  return `${when.is === ">" ? "min" : "max"}_over_time((${value})[${heldMs}ms:1s])`;
}

function beyond(
  { name, when: { is, threshold } }: Alert,
  columns: ReadonlyMap<Load, ReadonlyMap<string, number>>,
): string[] {
  const loads = [...columns].flatMap(([load, values]) => {
    const value = values.get(name);
    const isBeyond =
      value !== undefined &&
      (is === "==" ? value === threshold : is === ">" ? value > threshold : value < threshold);
    return isBeyond ? [load] : [];
  });
  const reason =
    REASONS[name] ?? "its guard, or a longer time, keeps it from firing, or the load is too much.";
  return loads.length === 0 ? [] : [`- \`${name}\` (${loads.join(", ")}): ${reason}`];
}
