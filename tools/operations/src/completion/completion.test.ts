import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requireServer } from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { gatewayAdminTool } from "../gateway-admin/tool.ts";
import { runCaptured } from "../testing/run-captured.ts";

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "sark-completion-"));
  writeFileSync(join(folder, "keys.txt"), "");
  for (const shell of ["bash", "zsh", "fish"]) {
    const { code, out } = await runCaptured(gatewayAdminTool, ["completion", shell], { env: {} });
    expect(code).toBe(0);
    writeFileSync(join(folder, shell), out);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

function run(program: string, ...args: string[]): string[] {
  const { stdout, stderr, status } = spawnSync(program, args, { cwd: folder, encoding: "utf8" });
  expect(stderr).toBe("");
  expect(status).toBe(0);
  return stdout.split("\n").filter((line) => line !== "");
}

const CASES: readonly (readonly [typed: string, offered: readonly string[]])[] = [
  ["gateway-admin si", ["siem"]],
  ["gateway-admin siem re", ["resume", "replay", "remove"]],
  ["gateway-admin rate-limits ", ["show", "reset"]],
  ["gateway-admin siem status --max", ["--max-age"]],
  ["gateway-admin --url http://a siem fl", ["flush"]],
  ["analyze-logs search --level w", ["warn"]],
  ["analyze-logs tail --comp", ["--component"]],
  ["query-metrics report --format m", ["markdown"]],
  ["health-check --int", ["--interval"]],
  ["audit verify --key key", ["keys.txt"]],
  ["analyze-logs stats key", ["keys.txt"]],
  ["gateway-admin status --url x", []],
];

describe("completion of command lines [CLI-5]", () => {
  it.each(CASES)("in bash: %s", (typed, offered) => {
    const words = typed.split(" ").map((word) => `'${word}'`);
    const script = `source ./bash; complete -p ${typed.split(" ")[0]} >/dev/null
      COMP_WORDS=(${words.join(" ")}); COMP_CWORD=${words.length - 1}; _sark_complete
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    expect(run("bash", "--norc", "-c", script).toSorted()).toEqual(offered.toSorted());
  });

  describe.skipIf(requireServer("zsh") === null)("in zsh", () => {
    // Within a real completion, `_describe`, `compadd` and `_files` take what fits; here they say what they were given.
    const REPORT = `_describe() { local -a given=("\${(P@)argv[-1]}"); print -rl -- "\${given[@]%%:*}"; }
      compadd() { shift; print -rl -- "$@"; }; _files() { print -rl -- keys.txt; }`;
    it.each(CASES)("%s", (typed, offered) => {
      const words = typed.split(" ").map((word) => `'${word}'`);
      const script = `${REPORT}; source ./zsh; words=(${words.join(" ")}); CURRENT=${words.length}; _sark_complete`;
      const last = typed.split(" ").at(-1) ?? "";
      const found = run("zsh", "-f", "-c", script).filter((word) => word.startsWith(last));
      expect(found.toSorted()).toEqual(offered.toSorted());
    });
  });

  it.skipIf(requireServer("fish") === null).each(CASES)("in fish: %s", (typed, offered) => {
    const found = run("fish", "--no-config", "-c", `source ./fish; complete -C '${typed}'`);
    expect(found.map((line) => line.split("\t", 1).join("")).toSorted()).toEqual(offered.toSorted());
  });
});
