import { readFileSync } from "node:fs";
import { join } from "node:path";
import { RULE_FILES } from "@sark/monitoring";
import { expect, it } from "vitest";

const PAGE = join(import.meta.dirname, "../../docs/monitoring/thresholds.md");
/** Beyond their thresholds without a fault, each for a reason that the page tells. */
const EXPECTED = ["Watchdog"];

const alerts = RULE_FILES.flatMap(({ groups }) => groups.flatMap((group) => group.alerts));
const rows = [...readFileSync(PAGE, "utf8").matchAll(/^\| (\w+) \| (>|<|==) (\S+) \| (\S+) \|/gm)].map(
  ([, name, is, threshold, normal]) => ({ name, is, threshold: Number(threshold), normal: Number(normal) }),
);

it("the table of measured values has the thresholds that the rules have [QLT-3] [ALR-8]", () => {
  expect(rows.length).toBeGreaterThan(30);
  for (const { name, is, threshold } of rows) {
    const alert = alerts.find((one) => one.name === name);
    expect([name, is, threshold]).toEqual([alert?.name, alert?.when.is, alert?.when.threshold]);
  }
});

it("no alert's value is beyond its threshold under normal load [QLT-3] [ALR-8]", () => {
  const beyond = { ">": (a: number, b: number) => a > b, "<": (a: number, b: number) => a < b };
  const found = rows.filter(({ is, threshold, normal }) =>
    is === "==" ? normal === threshold : beyond[is as ">" | "<"](normal, threshold),
  );
  expect(found.map(({ name }) => name)).toEqual(EXPECTED);
});
