import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { INCIDENTS } from "./incidents.ts";

const PAGE = join(import.meta.dirname, "../../docs/monitoring/incidents.md");
/** It needs a processor of its own. */
const NOT_RUN = "metrics-thread-busy";
const ROW = /^\| (\w+) \| ([\w-]+) \| \d+\.\d s(?:, held back)? \| \d+\.\d s \|$/gm;

it("the record of a run of all incidents has each but one that it names, with each alert that it provokes [ALR-8] [QLT-3]", () => {
  const page = readFileSync(PAGE, "utf8");
  expect(page).toContain(`Not in this run: \`${NOT_RUN}\``);
  const recorded = [...page.matchAll(ROW)].map(([, alert, name]) => `${name}: ${alert}`);
  const wanted = Object.entries(INCIDENTS).flatMap(([name, { alerts }]) =>
    name === NOT_RUN ? [] : alerts.map((alert) => `${name}: ${alert}`),
  );
  expect(recorded.toSorted()).toEqual(wanted.toSorted());
});
