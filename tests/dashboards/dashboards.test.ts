import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DASHBOARDS, type Dashboard } from "@sark/monitoring";
import { requireServer, startPrometheus, type Prometheus } from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { draw } from "./draw.ts";
import { startInfrastructure } from "./infrastructure.ts";
import { liveProblems } from "./live-problems.ts";
import { startTenants } from "./tenants.ts";
import { startTraffic, type Traffic } from "./traffic.ts";

const ROOT = join(import.meta.dirname, "../..");
const MAX_AGE_SECONDS = 30;
/** The folder where images of the dashboards are wanted; then those of the documentation are drawn, too. */
const IMAGES = process.env["SARK_DASHBOARD_IMAGES"] ?? "";
let traffic: Traffic;
let prometheus: Prometheus;
let stop = (): Promise<void> => Promise.resolve();

/** As it is committed, and as people import it. */
function committed(path: string): Dashboard {
  return JSON.parse(readFileSync(join(ROOT, path), "utf8")) as Dashboard;
}

/** The committed rules, so that alerts are there to be shown: at once, over windows that the test can fill. */
function hastyRules(folder: string): string {
  const rules = readFileSync(join(ROOT, "monitoring/prometheus/rules/gateway-alerts.yaml"), "utf8");
  const file = join(folder, "rules.yaml");
  writeFileSync(file, rules.replaceAll(/^ +for: .*\n/gm, "").replaceAll(/\[\d+m\]/g, "[1m]"));
  return file;
}

const without = (
  [
    "prometheus",
    "node-exporter",
    "postgres-exporter",
    "redis-exporter",
    "blackbox-exporter",
    "redis-server",
  ] as const
).some((name) => requireServer(name) === null);

describe.skipIf(without)("dashboards on a real Prometheus under traffic", () => {
  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), "sark-dashboards-"));
    traffic = await startTraffic(2, IMAGES !== "");
    const tenants = await startTenants();
    const infrastructure = await startInfrastructure(folder);
    prometheus = await startPrometheus(
      [
        ...traffic.gateways.map(({ url, apiKey }, at) => ({
          job: "sark-gateway",
          instance: `gateway-${at + 1}`,
          url,
          apiKey,
        })),
        { job: "sark-metrics", instance: "metrics-1", url: tenants.url, apiKey: tenants.platformKey },
        ...infrastructure.targets,
      ],
      // A busy machine may take longer for an exposition than a fifth of a second.
      { rules: [hastyRules(folder)], scrapeInterval: "2s" },
    );
    const ended = new AbortController();
    const driving = (async () => {
      while (!ended.signal.aborted) {
        await traffic.round();
        await tenants.round();
        await infrastructure.round();
      }
    })();
    stop = async () => {
      ended.abort();
      await driving;
      await prometheus.close();
      await traffic.close();
      await tenants.close();
      await infrastructure.close();
      rmSync(folder, { recursive: true });
    };
  });
  afterAll(async () => {
    try {
      await (IMAGES === "" ? undefined : draw(prometheus, traffic, IMAGES));
    } finally {
      await stop();
    }
  });

  it.each(Object.keys(DASHBOARDS))(
    "%s: every query returns series, with each value of each variable, and new ones [DSH-7] [DSH-1] [DSH-2] [DSH-3] [DSH-4] [DSH-5] [DSH-6] [SVC-3]",
    async (path) => {
      const dashboard = committed(path);
      await vi.waitFor(async () => {
        expect(await liveProblems(dashboard, prometheus, MAX_AGE_SECONDS)).toEqual([]);
      });
    },
  );

  it("finds out a panel on what no code records, on a value that never comes, and one whose points are old [DSH-7]", async () => {
    const dashboard = committed("monitoring/grafana/dashboards/gateway-integration.json");
    const [panel] = dashboard.panels ?? [];
    const plant = (expr: string) =>
      ({
        ...dashboard,
        panels: [{ ...panel, title: "Planted", targets: [{ refId: "A", expr, legendFormat: "" }] }],
      }) as unknown as Dashboard;
    const found = async (expr: string, maxAge = MAX_AGE_SECONDS) =>
      (await liveProblems(plant(expr), prometheus, maxAge)).filter((problem) => problem.includes("Planted"));
    expect(await found("sum(rate(sark_gateway_never_recorded_total[5m]))")).toHaveLength(1);
    const ofServer = (outcome: string) =>
      `sum(rate(sark_gateway_calls_total{outcome="${outcome}", server=~"$server"}[5m]))`;
    const empty = (await found(ofServer("cancelled"))).join("\n");
    expect(empty).toContain('empty with {"server":["files"]}');
    expect(await found(ofServer("never"))).not.toEqual([]);
    expect((await found("sum(sark_gateway_active_connections)", 0)).join("")).toMatch(/newest point of/);
  });
});
