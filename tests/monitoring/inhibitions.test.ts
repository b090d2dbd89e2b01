import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { alertmanagerConfiguration, RULE_FILES, type Alert } from "@sark/monitoring";
import { requireServer, startAlertmanager, type Alertmanager } from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startNotificationReceiver } from "../incidents/notification-receiver.ts";
import { scaleRoutes } from "../incidents/scale-durations.ts";

const TEMPLATES = join(import.meta.dirname, "../../monitoring/alertmanager/templates/*.tmpl");

/** Alerts of one promise, the fastest burn first. */
const TIERS = RULE_FILES.flatMap(({ groups }) => groups.flatMap(({ alerts }) => alerts)).filter(({ name }) =>
  name.startsWith("GatewayAvailabilityBurn"),
);
const PAIRS = TIERS.flatMap((fast, at) =>
  TIERS.slice(at + 1).map((slow) => [fast.labels?.["burn"], slow.labels?.["burn"], fast, slow] as const),
);

describe.skipIf(requireServer("alertmanager") === null)("what a real Alertmanager holds back [ALR-7]", () => {
  let receiver: Awaited<ReturnType<typeof startNotificationReceiver>>;
  let alertmanager: Alertmanager;

  beforeAll(async () => {
    receiver = await startNotificationReceiver();
    const ways = { webhookUrl: `${receiver.url}/webhook` };
    alertmanager = await startAlertmanager(scaleRoutes(alertmanagerConfiguration(ways, TEMPLATES), 100));
  });
  afterAll(async () => {
    await alertmanager.close();
    receiver.close();
  });

  const sent = (name: string) =>
    receiver.notifications.filter(({ body }) => JSON.stringify(body).includes(`"${name}"`));
  const amtool = (...args: readonly string[]) =>
    execFileSync("amtool", [...args, `--alertmanager.url=${alertmanager.url}`], { encoding: "utf8" });

  it("has the four tiers of each promise", () => {
    expect(TIERS.map(({ labels }) => labels?.["burn"])).toEqual(["14.4", "6", "3", "1"]);
  });

  it.each(PAIRS)(
    "is the burn rate %s over %s of the same promise, and of no other",
    async (_, __, ...tiers) => {
      const of = (slo: string, { name, severity, component, team, labels }: Alert) => ({
        labels: { alertname: name, severity, component, team, slo, ...labels },
      });
      const [fast, slow] = tiers;
      const promise = `${fast.name} over ${slow.name}`;
      const alerts = [of(promise, slow), of(`not ${promise}`, slow)];
      const held = async (): Promise<boolean[]> => {
        const known = await alertmanager.alerts();
        return alerts.flatMap((one) =>
          known
            .filter(({ labels }) => isDeepStrictEqual(labels, one.labels))
            .map(({ status }) => status.inhibitedBy.length > 0),
        );
      };
      await alertmanager.post(alerts);
      await vi.waitFor(async () => expect(await held()).toEqual([false, false]));
      alerts.push(of(promise, fast));
      await alertmanager.post(alerts);
      await vi.waitFor(async () => expect(await held()).toEqual([true, false, false]));
    },
  );

  describe("by a silence of an operator", () => {
    const warning = (alertname: string) => ({
      labels: { alertname, severity: "warning", component: "host", team: "platform" },
    });
    const silence = (name: string, duration: string) =>
      amtool(
        "silence",
        "add",
        "--author=operator",
        "--comment=a planned restart",
        `--duration=${duration}`,
        `alertname=${name}`,
      ).trim();

    it("is what it names and nothing else, until it is ended", async () => {
      const id = silence("Planned", "1h");
      await alertmanager.post([warning("Planned"), warning("Unplanned")]);
      await vi.waitFor(() => expect(sent("Unplanned").length).toBeGreaterThan(0));
      const planned = (await alertmanager.alerts()).find(({ labels }) => labels["alertname"] === "Planned");
      expect(planned?.status).toMatchObject({ state: "suppressed", silencedBy: [id] });
      expect(sent("Planned")).toEqual([]);
      amtool("silence", "expire", id);
      await vi.waitFor(() => expect(sent("Planned").length).toBeGreaterThan(0));
    });

    it("is sent when the time of the silence is over, if it fires still", async () => {
      silence("Longer", "2s");
      const [{ endsAt }] = JSON.parse(amtool("silence", "query", "alertname=Longer", "-o", "json")) as [
        { readonly endsAt: string },
      ];
      await alertmanager.post([warning("Longer")]);
      const [first] = await vi.waitFor(() => {
        expect(sent("Longer").length).toBeGreaterThan(0);
        return sent("Longer");
      });
      expect(performance.timeOrigin + (first?.at ?? 0)).toBeGreaterThanOrEqual(Date.parse(endsAt));
    });
  });
});
