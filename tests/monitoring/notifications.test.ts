import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { alertmanagerConfiguration } from "@sark/monitoring";
import { requireServer, startAlertmanager, type Alertmanager } from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startNotificationReceiver } from "../incidents/notification-receiver.ts";
import { scaleRoutes } from "../incidents/scale-durations.ts";

const templates = join(import.meta.dirname, "../../monitoring/alertmanager/templates/*.tmpl");

describe.skipIf(requireServer("alertmanager") === null)("what a real Alertmanager sends [ALR-7]", () => {
  const folder = mkdtempSync(join(tmpdir(), "sark-notifications-"));
  let receiver: Awaited<ReturnType<typeof startNotificationReceiver>>;
  let alertmanager: Alertmanager;

  beforeAll(async () => {
    receiver = await startNotificationReceiver();
    const slackUrlFile = join(folder, "slack");
    writeFileSync(slackUrlFile, `${receiver.url}/slack`);
    const ways = {
      slackUrlFile,
      webhookUrl: `${receiver.url}/webhook`,
      watchdogUrl: `${receiver.url}/watchdog`,
    };
    alertmanager = await startAlertmanager(scaleRoutes(alertmanagerConfiguration(ways, templates), 100));
  });
  afterAll(async () => {
    await alertmanager.close();
    receiver.close();
    rmSync(folder, { recursive: true });
  });

  const labels = (alertname: string, severity: string, more: Record<string, string> = {}) => ({
    alertname,
    severity,
    component: "gateway",
    team: "platform",
    ...more,
  });
  const sent = (path: string, name: string) =>
    receiver.notifications.filter((one) => one.path === path && JSON.stringify(one.body).includes(name));

  it("says what, how bad, since when and what to do, and when it is over", async () => {
    const startsAt = "2026-11-28T10:00:00Z";
    const alert = {
      labels: labels("GatewayHighErrorRate", "critical"),
      annotations: {
        summary: "More than 5 % of HTTP requests fail",
        description: "7.2% of HTTP requests had a status of 5xx.",
        runbook_url: "docs/monitoring/gateway/ALERT_RUNBOOKS.md#gatewayhigherrorrate",
      },
      startsAt,
    };
    await alertmanager.post([alert]);
    const message = await vi.waitFor(() => {
      const [first] = sent("/slack", "GatewayHighErrorRate");
      expect(first).toBeDefined();
      return JSON.stringify(first?.body);
    });
    expect(message).toContain("CRITICAL: More than 5 % of HTTP requests fail");
    expect(message).toContain("How bad: 7.2% of HTTP requests had a status of 5xx.");
    expect(message).toContain("Since: 2026-11-28 10:00:00 UTC");
    expect(message).toContain("What to do: docs/monitoring/gateway/ALERT_RUNBOOKS.md#gatewayhigherrorrate");
    await alertmanager.post([{ ...alert, endsAt: new Date().toISOString() }]);
    await vi.waitFor(() =>
      expect(JSON.stringify(sent("/slack", "GatewayHighErrorRate").at(-1)?.body)).toContain(
        "RESOLVED: More than 5 %",
      ),
    );
  });

  it("is the cause alone, not its symptoms, and the fastest burn rate alone", async () => {
    await alertmanager.post([
      { labels: labels("GatewayDown", "critical") },
      { labels: labels("MetricsServiceDown", "critical", { component: "metrics-service" }) },
    ]);
    await vi.waitFor(() => expect(sent("/webhook", "GatewayDown").length).toBeGreaterThan(0));
    await alertmanager.post([
      { labels: labels("GatewayLowSuccessRate", "warning", { component: "upstream" }) },
      { labels: labels("APIHighLatency", "critical", { component: "metrics-service" }) },
      { labels: labels("SloBurn", "critical", { component: "host", slo: "a", burn: "6" }) },
      { labels: labels("SloBurn", "warning", { component: "host", slo: "a", burn: "1" }) },
      { labels: labels("SloBurn", "warning", { component: "host", slo: "b", burn: "1" }) },
      { labels: labels("HighHostCpuUsage", "warning", { component: "host" }) },
    ]);
    await vi.waitFor(() => expect(sent("/webhook", "HighHostCpuUsage").length).toBeGreaterThan(0));
    const held = (await alertmanager.alerts())
      .filter(({ status }) => status.inhibitedBy.length > 0)
      .map(
        (alert) => `${alert.labels["alertname"]} ${alert.labels["slo"] ?? ""}${alert.labels["burn"] ?? ""}`,
      )
      .toSorted();
    expect(held).toEqual(["APIHighLatency ", "GatewayLowSuccessRate ", "SloBurn a1"]);
    expect(sent("/webhook", "GatewayLowSuccessRate")).toEqual([]);
  });

  it("reaches the second person only when the first one did not end it", async () => {
    const alert = { labels: labels("DiskFull", "critical", { component: "host" }) };
    const brief = { labels: labels("DiskBrieflyFull", "critical", { component: "host" }) };
    await alertmanager.post([alert, brief]);
    await vi.waitFor(() => expect(sent("/webhook", '"DiskBrieflyFull"').length).toBeGreaterThan(0));
    await alertmanager.post([{ ...brief, endsAt: new Date().toISOString() }]);
    const escalated = (name: string) =>
      sent("/webhook", `"${name}"`).filter(({ body }) => body["receiver"] === "escalation");
    await vi.waitFor(() => expect(escalated("DiskFull").length).toBe(1), { timeout: 60_000 });
    expect(escalated("DiskBrieflyFull")).toEqual([]);
  });

  it("is the heartbeat to what listens for silence, again and again", async () => {
    await alertmanager.post([{ labels: labels("Watchdog", "none", { component: "monitoring" }) }]);
    await vi.waitFor(() => expect(sent("/watchdog", "Watchdog").length).toBeGreaterThan(1));
  });
});
