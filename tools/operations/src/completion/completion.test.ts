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

/**
 * Types each argument and a tab into an interactive zsh, on a pseudo-terminal, with its own completion system. Whatever that system offers at last goes
 * through `compadd`, which here says it, too. Another key says that the line is over.
 */
const TYPE = `zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PS1=; unsetopt beep; autoload -Uz compinit; compinit -D -u; source ./zsh"
zpty -w shell 'compadd() { if [[ -z \${(M)@:#-[OAD]*} ]]; then local -a all; builtin compadd -O all "$@"; print -rl -- "" "MATCH:"\${^all}; fi; builtin compadd "$@"; }'
zpty -w shell 'over() { print -r -- ""; print -r -- OV""ER; BUFFER= }; zle -N over; bindkey "^X" over; bindkey "^I" complete-word; print REA""DY'
zpty -r -m shell said '*READY*'
for typed in "$@"; do
  zpty -w -n shell "$typed"$'\\t\\x18'
  zpty -r -m shell said '*OVER*'
  print -r -- "TYPED:$typed"
  print -r -- "$said"
done
zpty -d shell
`;

describe("completion of command lines [CLI-5]", () => {
  it.each(CASES)("in bash: %s", (typed, offered) => {
    const words = typed.split(" ").map((word) => `'${word}'`);
    const script = `source ./bash; complete -p ${typed.split(" ")[0]} >/dev/null
      COMP_WORDS=(${words.join(" ")}); COMP_CWORD=${words.length - 1}; _sark_complete
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    expect(run("bash", "--norc", "-c", script).toSorted()).toEqual(offered.toSorted());
  });

  describe.skipIf(requireServer("zsh") === null)(
    "in zsh, typed into a shell on a terminal of its own",
    () => {
      const offered = new Map<string, string[]>();
      beforeAll(() => {
        writeFileSync(join(folder, "type.zsh"), TYPE);
        let typed = "";
        for (const line of run("zsh", "-f", "type.zsh", ...CASES.map(([one]) => one))) {
          const [, what, text = ""] = /^(TYPED|MATCH):(.*?)\r?$/.exec(line) ?? [];
          if (what === "TYPED") {
            typed = text;
            offered.set(typed, []);
          } else if (what === "MATCH") {
            offered.get(typed)?.push(text);
          }
        }
      });

      it.each(CASES)("%s", (typed, expected) => {
        expect([...new Set(offered.get(typed))].toSorted()).toEqual(expected.toSorted());
      });
    },
  );

  it.skipIf(requireServer("fish") === null).each(CASES)("in fish: %s", (typed, offered) => {
    const found = run("fish", "--no-config", "-c", `source ./fish; complete -C '${typed}'`);
    expect(found.map((line) => line.split("\t", 1).join("")).toSorted()).toEqual(offered.toSorted());
  });
});
