import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { INCIDENTS } from "./incidents.ts";

const PAGE = join(import.meta.dirname, "../../docs/monitoring/incidents.md");
const ROW = /^\| (\w+) \| ([\w-]+) \| \d+\.\d s(?:, held back)? \| \d+\.\d s \|$/gm;

it("the record of a run of all incidents has each of them, with each alert that it provokes [ALR-8] [QLT-3]", () => {
  const recorded = [...readFileSync(PAGE, "utf8").matchAll(ROW)].map(
    ([, alert, name]) => `${name}: ${alert}`,
  );
  const wanted = Object.entries(INCIDENTS).flatMap(([name, { alerts }]) =>
    alerts.map((alert) => `${name}: ${alert}`),
  );
  expect(recorded.toSorted()).toEqual(wanted.toSorted());
});
