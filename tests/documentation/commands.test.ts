import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  analyzeLogsTool,
  auditTool,
  gatewayAdminTool,
  healthCheckTool,
  queryMetricsTool,
  runCaptured,
} from "@sark/operations/testing";
import { describe, expect, it } from "vitest";
import { blocksOf } from "./blocks.ts";
import { PAGES, readPage } from "./pages.ts";

const root = join(import.meta.dirname, "../..");
const pages = globSync("{README.md,CONTRIBUTING.md,docs/**/*.md}", { cwd: root }).filter(
  (page) => !page.startsWith("docs/decisions/"),
);
const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  readonly scripts: Readonly<Record<string, string>>;
};
const TOOLS = {
  "analyze-logs": analyzeLogsTool,
  audit: auditTool,
  "gateway-admin": gatewayAdminTool,
  "health-check": healthCheckTool,
  "query-metrics": queryMetricsTool,
} as const;

const COMMAND =
  /^(?:[A-Z_]+=\S+ )*(?:\$|curl|docker|git|helm|kubectl|node|npm|npx|psql|analyze-logs|audit (?:export|receipt|verify)|gateway-admin|health-check|query-metrics) /m;

/** One command as it stands on a page. */
interface Command {
  readonly page: string;
  readonly script: string;
  readonly args: readonly string[];
}

/** Every `npm run …` and `npx TOOL …` of the shell blocks and of code within text. */
const commands = pages.flatMap((page): Command[] => {
  const text = readFileSync(join(root, page), "utf8").replaceAll(/\\\n\s*/g, " ");
  return [
    ...text.matchAll(/(?:npm run (?:--silent |-s )?|npx )([a-z][\w:-]*)((?: [^\n`|;&>)#]*)?)/g),
  ].flatMap(([whole, script = "", rest = ""]) => {
    const isTool = Object.hasOwn(TOOLS, script);
    return whole.startsWith("npx") && !isTool
      ? []
      : [
          {
            page,
            script,
            args: rest
              .trim()
              .split(/\s+/)
              .filter((word) => word !== "" && word !== "--"),
          },
        ];
  });
});

describe("commands of the documentation [DOC-1]", () => {
  it("are scripts that there are", () => {
    expect(commands.length).toBeGreaterThan(100);
    const unknown = commands.filter(({ script }) => !Object.hasOwn(scripts, script));
    expect(unknown.map(({ page, script }) => `${page}: npm run ${script}`)).toEqual([]);
  });

  it("of our tools name commands and flags that their help has", async () => {
    const helps = new Map<string, Promise<string | null>>();
    const helpOf = (script: keyof typeof TOOLS, words: readonly string[]): Promise<string | null> => {
      const key = [script, ...words].join(" ");
      const help =
        helps.get(key) ??
        runCaptured(TOOLS[script], [...words, "--help"], { env: {} }).then(({ code, out, err }) =>
          code === 0 ? out + err : null,
        );
      helps.set(key, help);
      return help;
    };
    const problems = await Promise.all(
      commands.map(async ({ page, script, args }) => {
        if (!Object.hasOwn(TOOLS, script)) {
          return [];
        }
        const words = args.slice(0, args.findIndex((arg) => !/^[a-z][a-z-]*$/.test(arg)) >>> 0);
        // Of words in front of flags the last ones may be values, as an id.
        for (let count = Math.min(words.length, 2); count >= 0; count -= 1) {
          const help = await helpOf(script as keyof typeof TOOLS, words.slice(0, count));
          if (help !== null) {
            const flags = args
              .filter((arg) => /^--[a-z]/.test(arg))
              .map((arg) => arg.replace(/[=\]].*$/, ""));
            return flags
              .filter((flag) => !help.includes(flag))
              .map((flag) => `${page}: ${script} ${words.slice(0, count).join(" ")} has no ${flag}`);
          }
        }
        return [`${page}: ${script} ${args.join(" ")} has no help`];
      }),
    );
    expect(problems.flat()).toEqual([]);
  });

  it("are tagged as such, so that they are executed", () => {
    const untagged = PAGES.filter((page) => page !== "docs/reference/cli.md").flatMap((page) =>
      blocksOf(readPage(page))
        .filter(({ language, text }) => language === "" && COMMAND.test(text))
        .map(({ line }) => `${page}:${line}`),
    );
    expect(untagged).toEqual([]);
  });

  it("name files of the repository that there are", () => {
    const named = pages.flatMap((page) =>
      [
        ...readFileSync(join(root, page), "utf8").matchAll(
          /`((?:deployment|monitoring|configs|scripts|bench|tests)\/[\w./-]+)`/g,
        ),
      ]
        .map(([, path = ""]) => [page, path] as const)
        .filter(([, path]) => !existsSync(join(root, path))),
    );
    expect(named).toEqual([]);
  });
});
