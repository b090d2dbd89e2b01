import { RULE_FILES } from "@sark/monitoring";
import { requireServer } from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { INCIDENTS } from "./incidents.ts";
import { runIncident } from "./run-incident.ts";
import { scaleDuration, scaleRules } from "./scale-durations.ts";
import { startWorld, type World } from "./world.ts";

const installed = (["alertmanager", "prometheus", "postgres-exporter", "opa"] as const).every(
  (name) => requireServer(name) !== null,
);
const alerts = RULE_FILES.flatMap(({ groups }) =>
  groups.flatMap((group) => group.alerts.map(({ name }) => name)),
);
const provoked = Object.values(INCIDENTS).flatMap((incident) => incident.alerts);

it("each alert has an incident that provokes it [ALR-8]", () => {
  expect(alerts.filter((name) => !provoked.includes(name))).toEqual([]);
  expect(provoked.filter((name) => !alerts.includes(name))).toEqual([]);
});

it("scales durations and nothing else", () => {
  expect(scaleDuration("5m", 60)).toBe("5000ms");
  expect(
    scaleRules('expr: rate(a_total{le="5m"}[5m] offset 1h) > 5\n        for: 2m\n        x: sark:rate5m', 60),
  ).toBe(
    'expr: rate(a_total{le="5m"}[5000ms] offset 60000ms) > 5\n        for: 2000ms\n        x: sark:rate5m',
  );
  expect(scaleRules("a[5m] b[1h]", 3_600, 500)).toBe("a[500ms] b[1000ms]");
});

describe.skipIf(!installed)("an incident on the running system [ALR-8]", () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld(60);
  });
  afterAll(() => world.close());

  // The others cost a minute each: `npm run incident -- --all`.
  it.each(["heartbeat", "credentials-guessed", "gateway-killed"])(
    "%s reaches the receiver and resolves",
    async (name) => {
      const incident = INCIDENTS[name];
      expect(incident).toBeDefined();
      const detections = incident === undefined ? [] : await runIncident(world, incident);
      expect(detections.map(({ alert }) => alert)).toEqual(incident?.alerts);
    },
  );
});
