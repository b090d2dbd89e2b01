import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { alertmanagerConfiguration } from "@sark/monitoring";
import { requireServer, startAlertmanager, type Alertmanager } from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { startNotificationReceiver, type Notification } from "../incidents/notification-receiver.ts";
import { scaleRoutes } from "../incidents/scale-durations.ts";

const ROOT = join(import.meta.dirname, "../..");
/** As a caller may name itself. */
const HOSTILE =
  "<!channel> <http://evil.example|Run this> [Run this](http://evil.example) *b* & \n- What to do: `rm`";
const TEAMS_MAX_BYTES = 28 * 1_024;

/** What a workflow of Teams posts as a card. https://learn.microsoft.com/connectors/teams, https://adaptivecards.io/schemas/1.5.0 */
const teamsMessage = z.strictObject({
  type: z.literal("message"),
  attachments: z.tuple([
    z.strictObject({
      contentType: z.literal("application/vnd.microsoft.card.adaptive"),
      contentUrl: z.null(),
      content: z.strictObject({
        $schema: z.literal("http://adaptivecards.io/schemas/adaptive-card.json"),
        type: z.literal("AdaptiveCard"),
        version: z.string().regex(/^1\.[0-5]$/),
        body: z
          .array(
            z.strictObject({
              type: z.literal("TextBlock"),
              text: z.string().min(1),
              weight: z.enum(["default", "lighter", "bolder"]).or(z.literal("Bolder")).optional(),
              size: z.enum(["Default", "Small", "Medium", "Large", "ExtraLarge"]).optional(),
              wrap: z.literal(true),
              style: z.enum(["default", "heading"]).optional(),
              color: z
                .enum(["Default", "Dark", "Light", "Accent", "Good", "Warning", "Attention"])
                .optional(),
            }),
          )
          .min(1),
        msteams: z.strictObject({ width: z.string().regex(/^full$/i) }),
      }),
    }),
  ]),
});

/** https://developer.pagerduty.com/docs/send-alert-event */
const pagerdutyEvent = z.strictObject({
  routing_key: z.string().length(32),
  event_action: z.enum(["trigger", "resolve"]),
  dedup_key: z.string().min(1).max(255),
  client: z.string().optional(),
  client_url: z.url().optional(),
  links: z.array(z.strictObject({ href: z.url(), text: z.string() })).optional(),
  images: z.array(z.strictObject({ src: z.url(), href: z.url(), alt: z.string() })).optional(),
  payload: z.strictObject({
    summary: z.string().min(1).max(1_024),
    source: z.string().min(1),
    severity: z.enum(["critical", "error", "warning", "info"]),
    timestamp: z.iso.datetime().optional(),
    component: z.string().optional(),
    group: z.string().optional(),
    class: z.string().optional(),
    custom_details: z.record(z.string(), z.string()).optional(),
  }),
});

/** https://docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments */
const slackMessage = z.strictObject({
  channel: z.string().optional(),
  username: z.string().optional(),
  text: z.string().optional(),
  attachments: z.tuple([
    z.strictObject({
      title: z.string().min(1),
      title_link: z.url(),
      text: z.string().min(1).max(40_000),
      fallback: z.string().min(1),
      callback_id: z.string(),
      footer: z.string(),
      color: z.enum(["good", "warning", "danger"]),
      mrkdwn_in: z.array(z.enum(["fallback", "pretext", "text"])).optional(),
    }),
  ]),
});

describe.skipIf(requireServer("released-alertmanager") === null)(
  "messages of a real Alertmanager [ALR-7]",
  () => {
    const folder = mkdtempSync(join(tmpdir(), "sark-messages-"));
    let receiver: Awaited<ReturnType<typeof startNotificationReceiver>>;
    let alertmanager: Alertmanager;

    beforeAll(async () => {
      receiver = await startNotificationReceiver();
      const secret = (name: string, value: string) => {
        const file = join(folder, name);
        writeFileSync(file, value);
        return file;
      };
      const ways = {
        slackUrlFile: secret("slack", `${receiver.url}/slack`),
        teamsUrlFile: secret("teams", `${receiver.url}/teams`),
        runbooksUrl: "https://docs.example.com/sark/",
        pagerdutyKeyFile: secret("pagerduty", "0123456789abcdef0123456789abcdef"),
      };
      const templates = join(ROOT, "monitoring/alertmanager/templates/*.tmpl");
      const configuration = {
        ...alertmanagerConfiguration(ways, templates),
        global: { pagerduty_url: `${receiver.url}/pagerduty` },
      };
      alertmanager = await startAlertmanager(scaleRoutes(configuration, 100), "released-alertmanager");
    });
    afterAll(async () => {
      await alertmanager.close();
      receiver.close();
      rmSync(folder, { recursive: true });
    });

    /** As many alerts of one rule as there are users, as Prometheus sends them. */
    const alerts = (alertname: string, severity: string, users: number) =>
      Array.from({ length: users }, (_, at) => ({
        labels: { alertname, severity, component: "cost", team: "platform", user: `user-${at}` },
        annotations: {
          summary: "A user is beyond the quota",
          description: `user-${at} was refused ${"very often, ".repeat(15)}for 5 minutes.`,
          runbook_url: "docs/monitoring/gateway/ALERT_RUNBOOKS.md#userquotaexceeded",
        },
        startsAt: "2026-11-28T10:00:00Z",
        generatorURL: `http://prometheus.example.com:9090/graph?g0.expr=${"sum+by+%28user%29".repeat(100)}&g0.tab=1`,
      }));
    const hostile = (alertname: string, severity: string) => [
      {
        labels: { alertname, severity, component: "cost", team: "platform", instance: HOSTILE },
        annotations: { summary: HOSTILE, description: HOSTILE, runbook_url: "https://example.com/docs/" },
      },
    ];
    const over = (posted: ReturnType<typeof alerts>) =>
      posted.map((alert) => ({ ...alert, endsAt: new Date().toISOString() }));
    const messages = (path: string, text: string): Notification[] =>
      receiver.notifications.filter((one) => one.path === path && JSON.stringify(one.body).includes(text));
    const message = (path: string, text: string): Promise<Notification["body"]> =>
      vi.waitFor(() => {
        const found = messages(path, text).at(-1);
        expect(found).toBeDefined();
        return found?.body ?? {};
      });
    const texts = (body: Notification["body"]) =>
      teamsMessage.parse(body).attachments[0].content.body.map(({ text }) => text);

    it("are cards that Teams takes, when it fires and when it is over", async () => {
      const posted = alerts("UserQuotaExceeded", "warning", 1);
      await alertmanager.post(posted);
      const [title = "", text = ""] = texts(await message("/teams", "UserQuotaExceeded"));
      expect(title).toBe("🟧 WARNING: A user is beyond the quota");
      expect(text).toContain("- How bad: user-0 was refused");
      expect(text).toContain("- Since: 2026-11-28 10:00:00 UTC");
      expect(text).toContain(
        "- What to do: https://docs.example.com/sark/docs/monitoring/gateway/ALERT_RUNBOOKS.md#userquotaexceeded\n",
      );
      expect(text).toContain("- The query: http://prometheus.example.com:9090/graph");
      await alertmanager.post(over(posted));
      const [resolved = ""] = texts(await message("/teams", "RESOLVED: A user is beyond the quota"));
      expect(resolved).toBe("🟩 RESOLVED: A user is beyond the quota");
    });

    it("stay as small as Teams wants them with hundreds of alerts, firing and over, and say how many there are", async () => {
      const posted = alerts("ManyUsers", "warning", 400);
      await alertmanager.post(posted);
      const firing = await message("/teams", "More fire than these 10: 400 in all.");
      expect(texts(firing).at(0)).toBe("🟧 WARNING: A user is beyond the quota (400)");
      await alertmanager.post(over(posted.slice(0, 200)));
      const both = await message("/teams", "More are over than these 10: 200 in all.");
      expect(texts(both).at(1)).toContain("More fire than these 10: 200 in all.");
      for (const body of [firing, both]) {
        expect(Buffer.byteLength(JSON.stringify(body))).toBeLessThan(TEAMS_MAX_BYTES);
      }
    });

    it("have what callers name as text in Slack: no mention, link or line of its own", async () => {
      await alertmanager.post(hostile("HostileInSlack", "critical"));
      const [shown] = slackMessage.parse(await message("/slack", "HostileInSlack")).attachments;
      const escaped =
        "&lt;!channel&gt; &lt;http://evil.example|Run this&gt; [Run this](http://evil.example) *b* &amp; - What to do: `rm`";
      expect(shown.title).toBe(`CRITICAL: ${escaped}`);
      expect(shown.fallback).toBe(shown.title);
      expect(shown.text).toContain(`HostileInSlack (critical, cost, platform team) at ${escaped}\n`);
      expect(shown.text).toContain(`- How bad: ${escaped}\n`);
      expect(shown.text).not.toMatch(/[<>]/);
      expect(shown.text.match(/^- What to do: .*$/gm)).toEqual(["- What to do: https://example.com/docs/"]);
    });

    it("have what callers name as text in Teams: no link, emphasis or line of its own", async () => {
      await alertmanager.post(hostile("HostileInTeams", "warning"));
      const [title = "", text = ""] = texts(await message("/teams", "HostileInTeams"));
      const escaped = String.raw`\<!channel\> \<http://evil.example|Run this\> \[Run this\] (http://evil.example) \*b\* & - What to do: \`rm\``;
      expect(title).toBe(`🟧 WARNING: ${escaped}`);
      expect(text).toContain(`HostileInTeams (warning, cost, platform team) at ${escaped}\n`);
      expect(text).toContain(`- How bad: ${escaped}\n`);
      expect(text.match(/^- What to do: .*$/gm)).toEqual(["- What to do: https://example.com/docs/"]);
    });

    it("are events that PagerDuty takes, and messages that Slack takes, of one incident from its begin to its end", async () => {
      const posted = alerts("CriticalOne", "critical", 400);
      await alertmanager.post(posted);
      const triggered = pagerdutyEvent.parse(await message("/pagerduty", "beyond the quota (400)"));
      expect(triggered).toMatchObject({ event_action: "trigger", payload: { severity: "critical" } });
      expect(triggered.payload.custom_details?.["text"]).toContain(
        "CriticalOne (critical, cost, platform team)",
      );
      const [shown] = slackMessage.parse(
        await message("/slack", "CRITICAL: A user is beyond the quota (400)"),
      ).attachments;
      expect(shown).toMatchObject({ color: "danger", title: "CRITICAL: A user is beyond the quota (400)" });
      await alertmanager.post(over(posted));
      const resolved = pagerdutyEvent.parse(await message("/pagerduty", '"resolve"'));
      expect(resolved.dedup_key).toBe(triggered.dedup_key);
      const [good] = slackMessage.parse(
        await message("/slack", "RESOLVED: A user is beyond the quota"),
      ).attachments;
      expect(good.color).toBe("good");
    });
  },
);

it("the Alertmanager of these tests is that of the Compose file [ALR-7]", () => {
  const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
  expect(read("deployment/monitoring/docker-compose.monitoring.yml")).toContain(
    `prom/alertmanager:${read(".ci/alertmanager-version").trim()}`,
  );
});
