import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { mutationsOf } from "./mutate.ts";
import { renderRules } from "./render-rules.ts";
import { renderTests } from "./render-tests.ts";
import { RULE_FILES, stepsOf, testPathOf } from "./rule-files.ts";
import type { RuleFile } from "../domain/alert.ts";

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
const tests = RULE_FILES.flatMap((file) =>
  stepsOf(file).map((step) => write(testPathOf(file, step), renderTests(file, step))),
);

it("Prometheus takes the rules [ALR-1] [ALR-6]", async () => {
  const { code, said } = await promtool("check", "rules", ...rules);
  expect(said).toContain("SUCCESS");
  expect(code).toBe(0);
});

it("each alert fires, does not just under its threshold nor without traffic or data, and resolves [ALR-8] [ALR-1] [ALR-2] [ALR-3] [ALR-4] [ALR-5]", async () => {
  const { code, said } = await promtool("test", "rules", ...tests);
  expect(said).not.toContain("FAILED");
  expect(code).toBe(0);
});

it("each fault that is planted in an alert breaks its test [ALR-8]", async () => {
  // The burn rates of all promises are made by one function: those of two are enough.
  const made = /^(GatewayLatency|AuditDurability)Burn/;
  const mutations = RULE_FILES.flatMap(mutationsOf).filter(({ alert }) => !made.test(alert));
  const planted = mutations.map(({ alert, what, file }, index) => {
    const home = `mutants/${index}`;
    write(join(home, file.path), renderRules(file));
    const original = RULE_FILES.find(({ path }) => path === file.path) as RuleFile;
    const tested = only(original, alert);
    const [step = 1] = stepsOf(tested);
    const test = write(join(home, testPathOf(file, step)), renderTests(tested, step));
    return { name: `${alert}: ${what}`, test };
  });
  const { said } = await promtool("test", "rules", ...planted.map(({ test }) => test));
  const results = said.split("Unit Testing:  ").slice(1);
  expect(results).toHaveLength(planted.length);
  const survived = planted.filter(
    ({ test }) => !results.some((result) => result.startsWith(test) && result.includes("FAILED")),
  );
  expect(survived.map(({ name }) => name)).toEqual([]);
});

/** The file with this alert alone, so that its test is about nothing else. */
function only(file: RuleFile, alert: string): RuleFile {
  return {
    ...file,
    groups: file.groups.map((group) => ({
      ...group,
      alerts: group.alerts.filter(({ name }) => name === alert),
    })),
  };
}
