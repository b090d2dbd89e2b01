import { describe, expect, it } from "vitest";
import { runCaptured } from "../testing/run-captured.ts";
import { buildTool } from "./build-tool.ts";
import { command, group } from "./command-table.ts";
import { defineCommand } from "./define-command.ts";
import { route } from "./route.ts";

const text = { kind: "parsed", parse: String, optional: true, placeholder: "TEXT", brief: "Text" } as const;
const say = defineCommand<{ readonly url?: string }, [string?]>({
  run({ url = "nowhere" }, what = "nothing") {
    this.process.stdout.write(`${what} to ${url}\n`);
  },
  parameters: {
    flags: { url: text },
    positional: {
      kind: "tuple",
      parameters: [{ parse: String, optional: true, placeholder: "WHAT", brief: "What" }],
    },
  },
  docs: { examples: ["tool say hello"], exitCodes: { 0: "it is said" } },
});
const tool = buildTool(
  "tool",
  group("A tool", {
    say: command("Say something", async () => say),
    levels: group("Levels", { show: command("Show them", async () => say) }, "show"),
    "rate-limits": group("Limits", {
      show: command("Show them", async () => say),
      reset: command("Reset them", async () => say),
    }),
  }),
  { leading: ["url"] },
);
const run = (...args: string[]) => runCaptured(tool, args, { env: {} });

describe("which command a command line names [CLI-5]", () => {
  it.each([
    ["--url http://a say hello", "hello to http://a"],
    ["--url=http://a say hello", "hello to http://a"],
    ["rate-limits --url http://a show", "nothing to http://a"],
    ["say hello --url http://a", "hello to http://a"],
    ["levels", "nothing to nowhere"],
    ["levels --url http://a", "nothing to http://a"],
    ["say -- --help", "--help to nowhere"],
  ])("%s", async (line, said) => {
    expect(await run(...line.split(" "))).toEqual({ code: 0, out: `${said}\n`, err: "" });
  });

  it.each([
    ["sya", 'tool: There is no command "sya"; did you mean tool say? tool --help lists the commands.'],
    ["rate-limit", /did you mean tool rate-limits\?/],
    ["rate-limits rest", /did you mean tool rate-limits reset\?/],
    ["frobnicate", 'tool: There is no command "frobnicate". tool --help lists the commands.'],
    [
      "--json say",
      "tool: --json stands after its command: tool COMMAND --json. tool --help lists the commands.",
    ],
    ["--token=secret say", /^tool: --token stands after its command: tool COMMAND --token\. /],
    ["__proto__", /There is no command/],
    ["levels hsow", /did you mean tool levels show/],
    ["x".repeat(100_000), /There is no command/],
  ])("%.30s is wrong, and it is said what was meant", async (line, message) => {
    const { code, out, err } = await run(...line.split(" "));
    expect({ code, out }).toEqual({ code: 2, out: "" });
    if (typeof message === "string") {
      expect(err).toBe(`${message}\n`);
    } else {
      expect(err).toMatch(message);
    }
    expect(err).not.toContain("secret");
    expect(err.length).toBeLessThan(300);
  });

  it("says its version, and helps where no command is named, without loading one", async () => {
    const never = buildTool(
      "tool",
      group("A tool", { say: command("Say something", () => Promise.reject(new Error("loaded"))) }),
    );
    const out = (args: readonly string[]) => runCaptured(never, args, { env: {} });
    expect(await out(["--version"])).toMatchObject({ code: 0, out: "tool 0.1.0\n" });
    expect((await out([])).out).toContain("  say  Say something");
    expect((await out(["--help"])).out).toBe((await out(["-h"])).out);
  });

  it("has help of a command in no line wider than the terminal", async () => {
    const { out } = await runCaptured(tool, ["say", "--help"], { env: {}, tty: true, columns: 24 });
    const lines = out.replaceAll(/\p{Cc}\[\d+m/gu, "").split("\n");
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(24);
    expect(route(tool, ["say", "--help"])).toMatchObject({ kind: "command", words: ["tool", "say"] });
  });
});
