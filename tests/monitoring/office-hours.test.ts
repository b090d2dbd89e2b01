import { join } from "node:path";
import { alertmanagerConfiguration } from "@sark/monitoring";
import { requireServer, startAlertmanager } from "@sark/testkit";
import { describe, expect, it, vi } from "vitest";
import { startNotificationReceiver } from "../incidents/notification-receiver.ts";
import { scaleRoutes } from "../incidents/scale-durations.ts";

const TEMPLATES = join(import.meta.dirname, "../../monitoring/alertmanager/templates/*.tmpl");
const DAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"] as const;
const SUPPRESSED = /^alertmanager_notifications_suppressed_total\{reason="active_time_interval"\} [1-9]/m;

const alert = (alertname: string, team: "product" | "platform") => ({
  labels: { alertname, severity: "warning", component: "cost", team },
});

/** As committed, but with office hours on these days, all day long. */
function openOn(days: readonly string[], webhookUrl: string): object {
  return {
    ...scaleRoutes(alertmanagerConfiguration({ webhookUrl }, TEMPLATES), 100),
    time_intervals: [{ name: "office-hours", time_intervals: [{ weekdays: days }] }],
  };
}

/** Has an Alertmanager with these office hours an alert for product and one for platform. */
async function during(
  days: readonly string[],
  look: (receivers: (alertname: string) => unknown[], exposition: () => Promise<string>) => Promise<void>,
): Promise<void> {
  const receiver = await startNotificationReceiver();
  const alertmanager = await startAlertmanager(
    openOn(days, `${receiver.url}/webhook`),
    "released-alertmanager",
  );
  try {
    await alertmanager.post([alert("ForProduct", "product"), alert("ForPlatform", "platform")]);
    await look(
      (alertname) =>
        receiver.notifications
          .filter(({ body }) => JSON.stringify(body).includes(`"${alertname}"`))
          .map(({ body }) => body["receiver"]),
      async () => (await fetch(`${alertmanager.url}/metrics`)).text(),
    );
  } finally {
    await alertmanager.close();
    receiver.close();
  }
}

it("office hours are Monday to Friday, 08:00 to 18:00 UTC [ALR-7]", () => {
  expect(alertmanagerConfiguration({})).toMatchObject({
    time_intervals: [
      {
        name: "office-hours",
        time_intervals: [
          {
            weekdays: ["monday:friday"],
            times: [{ start_time: "08:00", end_time: "18:00" }],
            location: "UTC",
          },
        ],
      },
    ],
  });
});

describe.skipIf(requireServer("released-alertmanager") === null)("an alert for product [ALR-7]", () => {
  it("goes to product in office hours, and to no one else", () =>
    during(DAYS, async (receivers) => {
      await vi.waitFor(() => expect(receivers("ForProduct")).toEqual(["product"]));
      expect(receivers("ForPlatform")).toEqual(["queue"]);
    }));

  it("is held back outside of them, when others go to the queue", () => {
    const inThreeDays = DAYS[(new Date().getUTCDay() + 3) % DAYS.length] ?? "";
    return during([inThreeDays], async (receivers, exposition) => {
      await vi.waitFor(async () => expect(await exposition()).toMatch(SUPPRESSED));
      expect(receivers("ForProduct")).toEqual([]);
      expect(receivers("ForPlatform")).toEqual(["queue"]);
    });
  });
});
