import { globSync, existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { anchorsOf } from "./anchors.ts";
import { withoutCode } from "./blocks.ts";

const root = join(import.meta.dirname, "../..");
const pages = globSync(
  "{*.md,docs/**/*.md,examples/**/*.md,policies/*.md,{packages,services,tools}/*/README.md}",
  {
    cwd: root,
    exclude: (path) => path.includes("node_modules"),
  },
);

/** Links of a page that lead nowhere. Those to other sites are not followed. */
function brokenLinks(page: string): string[] {
  const text = readFileSync(join(root, page), "utf8");
  const prose = withoutCode(text).replaceAll(/`[^`\n]*`/g, "");
  return [...prose.matchAll(/\]\(([^()\s]+)\)/g)].flatMap(([, target = ""]) => {
    if (/^[a-z+]+:/.test(target)) {
      return [];
    }
    const [path = "", anchor] = target.split("#");
    const file = path === "" ? join(root, page) : join(root, dirname(page), decodeURI(path));
    if (!existsSync(file)) {
      return [`${page}: ${target} is not there`];
    }
    const isPage = file.endsWith(".md") && statSync(file).isFile();
    return anchor === undefined || !isPage || anchorsOf(readFileSync(file, "utf8")).has(anchor)
      ? []
      : [`${page}: ${relative(root, file)} has no section #${anchor}`];
  });
}

describe("the documentation [DOC-1]", () => {
  it("has no link that leads nowhere", () => {
    expect(pages.length).toBeGreaterThan(60);
    expect(pages.flatMap(brokenLinks)).toEqual([]);
  });

  it("has every page within reach of the README", () => {
    const reached = new Set(["README.md"]);
    for (const page of reached) {
      const text = readFileSync(join(root, page), "utf8");
      for (const [, target = ""] of text.matchAll(/\]\(([^()\s#]+)(?:#[^()\s]*)?\)/g)) {
        const path = join(dirname(page), target);
        for (const file of [path, join(path, "README.md")]) {
          if (pages.includes(file)) {
            reached.add(file);
          }
        }
      }
    }
    const wanted = pages.filter((page) => page.startsWith("docs/") && !page.startsWith("docs/decisions/"));
    expect(wanted.filter((page) => !reached.has(page))).toEqual([]);
  });
});
