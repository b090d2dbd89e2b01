import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DASHBOARDS, type Dashboard } from "@sark/monitoring";
import { requireServer, startPrometheus, type Prometheus } from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { liveProblems } from "./live-problems.ts";
import { startTraffic, type Traffic } from "./traffic.ts";

const ROOT = join(import.meta.dirname, "../..");
const MAX_AGE_SECONDS = 30;
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

describe.skipIf(requireServer("prometheus") === null)("dashboards on a real Prometheus under traffic", () => {
  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), "sark-dashboards-"));
    traffic = await startTraffic(2);
    prometheus = await startPrometheus(
      traffic.gateways.map(({ url, apiKey }) => ({ job: "sark-gateway", url, apiKey })),
      { rules: [hastyRules(folder)] },
    );
    const ended = new AbortController();
    const driving = (async () => {
      while (!ended.signal.aborted) {
        await traffic.round();
      }
    })();
    stop = async () => {
      ended.abort();
      await driving;
      await prometheus.close();
      await traffic.close();
      rmSync(folder, { recursive: true });
    };
  });
  afterAll(() => stop());

  it.each(Object.keys(DASHBOARDS))(
    "%s: every query returns series, with each value of each variable, and new ones [DSH-7] [DSH-1] [DSH-2] [DSH-3] [DSH-4] [DSH-5]",
    async (path) => {
      const dashboard = committed(path);
      await vi.waitFor(async () => {
        expect(await liveProblems(dashboard, prometheus, MAX_AGE_SECONDS)).toEqual([]);
      });
    },
  );
});
