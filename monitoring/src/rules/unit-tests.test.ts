import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { expressionOf } from "./expression.ts";
import { parse, stringify } from "yaml";
import { mutantsOf } from "./mutate.ts";
import { renderRules } from "./render-rules.ts";
import { renderTests } from "./render-tests.ts";
import { RULE_FILES, stepOf, testPathOf } from "./rule-files.ts";
import type { Alert, RuleFile, RuleGroup } from "../domain/alert.ts";

const folder = mkdtempSync(join(tmpdir(), "sark-rules-"));
afterAll(() => rmSync(folder, { recursive: true }));

function write(path: string, text: string): string {
  const full = join(folder, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, text);
  return full;
}

/** What promtool says, with its exit code: names of files on one stream, failures on the other, in order only as one. */
function promtool(...args: readonly string[]): Promise<{ readonly code: number; readonly said: string }> {
  return new Promise((resolve, reject) => {
    execFile(
      "sh",
      ["-c", `exec promtool "$@" 2>&1`, "promtool", ...args],
      { maxBuffer: 1 << 28 },
      (error, stdout) => {
        if (error !== null && typeof error.code !== "number") {
          reject(error);
        } else {
          resolve({ code: Number(error?.code ?? 0), said: stdout });
        }
      },
    );
  });
}

const rules = RULE_FILES.map((file) => write(file.path, renderRules(file)));
interface Tested {
  readonly alert: Alert;
  readonly mutants: readonly { readonly name: string; readonly what: string }[];
}

/**
 * An alert and all faults that can be planted in it, each under a name of its own in one file, and the tests of the alert asked
 * of each of them: promtool sets up a database for each test, which takes longer than to evaluate ten rules in it.
 */
function plant(file: RuleFile, group: RuleGroup, alert: Alert): Tested {
  // The burn rates of all promises are made by one function: those of two are enough.
  const planted = /^(GatewayLatency|AuditDurability)Burn/.test(alert.name) ? [] : mutantsOf(alert);
  const mutants = planted.map(([what, mutant], index) => ({
    what,
    name: `${alert.name}__${index}`,
    mutant: { ...mutant, name: `${mutant.name === alert.name ? "" : "renamed_"}${alert.name}__${index}` },
  }));
  const home = join("alerts", alert.name);
  const under = (alerts: readonly Alert[]): RuleFile => ({ ...file, groups: [{ ...group, alerts }] });
  write(
    join(home, file.path),
    renderRules(withNeeded(under([alert, ...mutants.map(({ mutant }) => mutant)]))),
  );
  const step = stepOf(alert);
  const test = parse(renderTests(under([alert]), step)) as RuleTests;
  for (const { name } of mutants) {
    const asked = parse(renderTests(under([{ ...alert, name }]), step)) as RuleTests;
    asked.tests.forEach(({ alert_rule_test }, at) =>
      test.tests[at]?.alert_rule_test.push(...alert_rule_test),
    );
  }
  tests.push(write(join(home, testPathOf(file, step)), stringify(test)));
  return { alert, mutants };
}

interface RuleTests {
  readonly tests: readonly { readonly alert_rule_test: object[] }[];
}

const tests: string[] = [];
const planted = RULE_FILES.flatMap((file) =>
  file.groups.flatMap((group) => group.alerts.map((alert) => plant(file, group, alert))),
);
const result = promtool("test", "rules", ...tests);
const hasFailed = (said: string, name: string) => said.includes(`alertname: ${name},`);

it("Prometheus takes the rules [ALR-1] [ALR-6]", async () => {
  const { code, said } = await promtool("check", "rules", ...rules);
  expect(said).toContain("SUCCESS");
  expect(code).toBe(0);
});

it("each alert fires, does not just under its threshold nor without traffic or data, and resolves [ALR-8] [ALR-1] [ALR-2] [ALR-3] [ALR-4] [ALR-5]", async () => {
  const { said } = await result;
  expect(said.split("Unit Testing:  ").slice(1)).toHaveLength(planted.length);
  const whole = planted.filter(({ mutants }) => mutants.length === 0);
  expect(said.match(/^ *SUCCESS$/gm)).toHaveLength(whole.length);
  const failed = planted.map(({ alert }) => alert.name).filter((name) => hasFailed(said, name));
  expect(failed).toEqual([]);
});

it("each fault that is planted in an alert breaks its test [ALR-8]", async () => {
  const { said } = await result;
  const survived = planted.flatMap(({ mutants }) => mutants.filter(({ name }) => !hasFailed(said, name)));
  expect(survived.map(({ name, what }) => `${name}: ${what}`)).toEqual([]);
});

/** The file with those recordings alone that its alerts look at, by way of others, too. */
function withNeeded(file: RuleFile): RuleFile {
  return {
    ...file,
    groups: file.groups.map((group) => {
      let asked = group.alerts.map(({ when }) => expressionOf(when)).join("\n");
      const recordings = (group.recordings ?? []).toReversed().filter(({ record, expr }) => {
        const isNeeded = new RegExp(`${record}\\b`).test(asked);
        asked += isNeeded ? `\n${expr}` : "";
        return isNeeded;
      });
      return { ...group, recordings: recordings.toReversed() };
    }),
  };
}
