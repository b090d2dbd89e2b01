import { RULE_FILES } from "@sark/monitoring";
import { wait } from "@sark/observability/waiting";
import { scaleRules } from "./scale-durations.ts";
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
const SETTLE_MS = 55_000;

/** What each threshold is compared with, under three loads, as a table in Markdown. */
export async function measureThresholds(): Promise<string> {
  const world = await startWorld(SCALE, [redis, metricsService]);
  try {
    world.traffic.stop();
    const alerts = RULE_FILES.flatMap(({ groups }) => groups.flatMap((group) => group.alerts));
    const columns: Map<string, string>[] = [];
    for (const { callers, pauseMs } of Object.values(LOADS)) {
      const stop = world.keep(() => world.call("echo", { text: "measured" }), callers, pauseMs);
      // It has four tenants.
      world.part(metricsService).behave({ pauseMs, atOnce: Math.ceil(callers / 4) });
      await wait(SETTLE_MS);
      const values = new Map<string, string>();
      for (const { name, when } of alerts) {
        const found = await world.prometheus.query(scaleRules(when.value, SCALE));
        const numbers = found.map(({ value }) => value).filter((value) => !Number.isNaN(value));
        if (numbers.length > 0) {
          const worst = when.is === ">" ? Math.max(...numbers) : Math.min(...numbers);
          values.set(name, String(Number(worst.toPrecision(3))));
        }
      }
      stop();
      columns.push(values);
    }
    const rows = alerts
      .filter(({ name }) => columns.some((values) => values.has(name)))
      .map(({ name, when }) => {
        const cells = columns.map((values) => values.get(name) ?? "no data");
        return `| ${name} | ${when.is} ${when.threshold} | ${cells.join(" | ")} |`;
      });
    return [
      `| alert | threshold | ${Object.keys(LOADS).join(" | ")} |`,
      "|---|---|---|---|---|",
      ...rows,
    ].join("\n");
  } finally {
    await world.close();
  }
}
