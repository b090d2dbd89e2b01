import { waitUntil } from "@sark/observability/waiting";
import type { Incident } from "./incident.ts";
import type { World } from "./world.ts";

export interface Detection {
  readonly alert: string;
  /** From the fault to the notification, or to the alert where another one held it back. */
  readonly detectedMs: number;
  readonly resolvedMs: number;
  readonly heldBack: boolean;
}

const ALWAYS = "Watchdog";

/** Provokes the fault, waits until each of its alerts reached the receiver, ends it, and waits until each is over. */
export async function runIncident(world: World, incident: Incident, limitMs = 120_000): Promise<Detection[]> {
  const unprepare = await incident.prepare?.(world);
  await until(`${incident.alerts.join(", ")} not to fire before`, limitMs, async () => {
    const firing = await world.prometheus.query('ALERTS{alertstate="firing"}');
    return firing
      .map(({ metric }) => metric["alertname"] ?? "")
      .filter((name) => name !== ALWAYS && incident.alerts.includes(name));
  });
  const first = world.receiver.notifications.length;
  const struckAt = performance.now();
  const mend = await incident.strike(world);
  const detected = new Map<string, { at: number; heldBack: boolean }>();
  try {
    await until(`${incident.alerts.join(", ")} to be detected`, limitMs, async () => {
      const held = await heldBack(world);
      for (const alert of incident.alerts.filter((name) => !detected.has(name))) {
        const at = notifiedAt(world, first, alert, "firing");
        if (at !== undefined || held.has(alert)) {
          detected.set(alert, { at: at ?? performance.now(), heldBack: at === undefined });
        }
      }
      return incident.alerts.filter((name) => !detected.has(name));
    });
  } finally {
    await mend();
  }
  const mendedAt = performance.now();
  const over = new Map<string, number>();
  await until(`${incident.alerts.join(", ")} to be over`, limitMs, async () => {
    const firing = new Set(
      (await world.prometheus.query("ALERTS")).map(({ metric }) => metric["alertname"] ?? ""),
    );
    for (const alert of incident.alerts.filter((name) => !over.has(name))) {
      const told = detected.get(alert)?.heldBack || notifiedAt(world, first, alert, "resolved") !== undefined;
      if (alert === ALWAYS || (!firing.has(alert) && told)) {
        over.set(alert, performance.now());
      }
    }
    return incident.alerts.filter((name) => !over.has(name));
  });
  await unprepare?.();
  return incident.alerts.map((alert) => ({
    alert,
    detectedMs: (detected.get(alert)?.at ?? 0) - struckAt,
    resolvedMs: (over.get(alert) ?? 0) - mendedAt,
    heldBack: detected.get(alert)?.heldBack === true,
  }));
}

function notifiedAt(world: World, first: number, alert: string, status: "firing" | "resolved") {
  return world.receiver.notifications
    .slice(alert === ALWAYS ? 0 : first)
    .filter(({ path }) => path !== "/slack")
    .find(({ body }) =>
      (body["alerts"] as { status: string; labels: Record<string, string> }[]).some(
        (one) => one.labels["alertname"] === alert && one.status === status,
      ),
    )?.at;
}

async function heldBack(world: World): Promise<Set<string>> {
  const alerts = await world.alertmanager.alerts();
  return new Set(
    alerts
      .filter(({ status }) => status.inhibitedBy.length > 0)
      .map(({ labels }) => labels["alertname"] ?? ""),
  );
}

async function until(
  what: string,
  limitMs: number,
  missing: () => Promise<readonly string[]>,
): Promise<void> {
  let left: readonly string[] = [];
  const done = await waitUntil(async () => (left = await missing()).length === 0, {
    everyMs: 100,
    signal: AbortSignal.timeout(limitMs),
  });
  if (!done) {
    throw new Error(`waited ${limitMs / 1_000} s for ${what}; missing: ${left.join(", ")}`);
  }
}
