import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { RULE_FILES } from "@sark/monitoring";
import { requireServer } from "@sark/testkit";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const file = join(root, "monitoring/alertmanager/alertmanager.yml");
const amtool = (...args: readonly string[]) => execFileSync("amtool", args, { encoding: "utf8" });
const alerts = RULE_FILES.flatMap(({ groups }) => groups.flatMap((group) => group.alerts));

/** Where each kind of alert goes. */
const RECEIVERS = {
  "critical, platform": "on-call,escalation",
  "critical, security": "on-call,escalation,security",
  "warning, platform": "queue",
  "warning, security": "queue",
  "warning, product": "product",
  "none, platform": "watchdog",
} as const;

describe.skipIf(requireServer("alertmanager") === null)("routes of alerts [ALR-7]", () => {
  it("are a configuration that amtool takes, templates included", () => {
    expect(amtool("check-config", file)).toMatch(/Found:[\s\S]*7 receivers[\s\S]*1 templates/);
  });

  // One process for each kind, not for each alert: that they are all of these kinds is the next test.
  it.each(Object.entries(RECEIVERS))("take what is %s to %s", (kind, receivers) => {
    const [severity = "", team = ""] = kind.split(", ");
    const example = alerts.find((alert) => alert.severity === severity && alert.team === team);
    const said = amtool(
      "config",
      "routes",
      "test",
      `--config.file=${file}`,
      `--verify.receivers=${receivers}`,
      `alertname=${example?.name ?? ""}`,
      `severity=${severity}`,
      `team=${team}`,
    );
    expect(said.trim().split("\n").at(0)).toBe(receivers);
  });

  it("know every kind of alert that there is", () => {
    const kinds = new Set(alerts.map(({ severity, team }) => `${severity}, ${team}`));
    expect([...kinds].toSorted()).toEqual(Object.keys(RECEIVERS).toSorted());
  });

  it("do not take an alert to another receiver unnoticed", () => {
    expect(() =>
      amtool(
        "config",
        "routes",
        "test",
        `--config.file=${file}`,
        "--verify.receivers=queue",
        "severity=critical",
      ),
    ).toThrow();
  });
});
