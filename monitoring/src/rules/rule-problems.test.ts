import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { gatewayAlerts } from "../definitions/gateway-alerts.ts";
import { RULE_FILES } from "./rule-files.ts";
import { ruleProblems } from "./rule-problems.ts";
import { runbookUrl } from "./runbook-url.ts";
import type { Alert } from "../domain/alert.ts";

const root = join(import.meta.dirname, "../../..");
const alerts = RULE_FILES.flatMap((file) => file.groups.flatMap((group) => group.alerts));

/** What is said of the first alert with this change. */
function problemsWith(change: Partial<Alert>): string {
  const [group] = gatewayAlerts.groups;
  const changed = { ...group!.alerts[0]!, ...change };
  return ruleProblems([{ ...gatewayAlerts, groups: [{ ...group!, alerts: [changed] }] }]).join("\n");
}

it("has nothing to say of the rules [ALR-6]", () => {
  expect(ruleProblems(RULE_FILES)).toEqual([]);
});

it.each<[string, Partial<Alert>, RegExp]>([
  [
    "on a name that is not there",
    { when: { value: "sark_gateway_cache_hit_total", is: ">", threshold: 1 } },
    /no catalog has/,
  ],
  [
    "on a label that is not there",
    { when: { value: 'sark_gateway_cache_hits_total{server="tools"}', is: ">", threshold: 1 } },
    /has no label server/,
  ],
  [
    "that tells a label that its series have not",
    { description: "{{ $labels.server }}: {{ $value }}" },
    /names server/,
  ],
  ["that does not say the value", { description: "It is slow." }, /does not say the value/],
])("finds a rule %s [ALR-6]", (_what, change, problem) => {
  expect(problemsWith(change)).toMatch(problem);
});

it("finds a name that two alerts have [ALR-6]", () => {
  expect(ruleProblems([...RULE_FILES, gatewayAlerts]).join("\n")).toMatch(/two alerts of this name/);
});

it("every ratio of what happens is of enough of it, so that one event is no emergency [ALR-6]", () => {
  const ratios = alerts.filter(({ when }) =>
    /\b(?:rate|increase)\(.* \/ .*\b(?:rate|increase)\(/.test(when.value),
  );
  expect(ratios.length).toBeGreaterThan(10);
  expect(ratios.filter(({ when }) => when.guard === undefined && when.and === undefined)).toEqual([]);
});

interface Rule {
  readonly alert?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

it.each(RULE_FILES.map(({ path }) => path))(
  "each rule of %s has its labels and what it says, as committed [ALR-6]",
  (path) => {
    const { groups } = parse(readFileSync(join(root, path), "utf8")) as {
      readonly groups: readonly { readonly rules: readonly Rule[] }[];
    };
    for (const { alert, labels, annotations } of groups.flatMap(({ rules }) => rules)) {
      if (alert !== undefined) {
        expect([alert, labels]).toEqual([
          alert,
          expect.objectContaining({
            severity: expect.stringMatching(/^(?:critical|warning|info|none)$/) as unknown,
            component: expect.stringMatching(/./) as unknown,
            team: expect.stringMatching(/^(?:platform|security|product)$/) as unknown,
          }),
        ]);
        expect([alert, annotations]).toEqual([
          alert,
          {
            summary: expect.stringMatching(/./) as unknown,
            description: expect.stringContaining("$value") as unknown,
            runbook_url: expect.stringMatching(/^docs\/.+\.md#./) as unknown,
          },
        ]);
      }
    }
  },
);

it.each(alerts)("the runbook of $name is where its address says [ALR-6]", ({ name }) => {
  const [path = "", anchor = ""] = runbookUrl(name).split("#");
  expect(existsSync(join(root, path))).toBe(true);
  const headings = [...readFileSync(join(root, path), "utf8").matchAll(/^#+ (.+)$/gm)].map(([, text = ""]) =>
    text.toLowerCase(),
  );
  expect(headings.filter((heading) => heading === anchor)).toHaveLength(1);
});
