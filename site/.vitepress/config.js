// The documentation as a site. Pages are those of the repository, as they are; nothing is written for the site.
import { cpSync, globSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { anchorOf } from "../../tests/documentation/anchors.ts";
import { CONTENTS, sectionsOf } from "../../tests/documentation/navigation.ts";
import { PAGES, readPage } from "../../tests/documentation/pages.ts";
import { breakableCode } from "../src/breakable-code.js";
import { GRAMMARS } from "../src/grammars.js";
import { scrollableTables } from "../src/scrollable-tables.js";
import { publishedFiles, resolveLinks, urlOf } from "../src/resolve-links.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const entry = ({ title, page }) => ({ text: title, link: urlOf(page) });
const decisions = PAGES.filter((page) => /^docs\/decisions\/\d/.test(page)).map((page) => ({
  title: /^# (.*)$/m.exec(readPage(page))[1],
  page,
}));

export default {
  title: "SARK",
  description: "The gateway through which AI agents and people call tools and other agents",
  head: [["link", { rel: "icon", href: "data:," }]],
  srcDir: ROOT,
  srcExclude: globSync("**/*.md", { cwd: ROOT, exclude: (path) => path.includes("node_modules") }).filter(
    (page) => !PAGES.includes(page),
  ),
  outDir: join(ROOT, "dist/site"),
  cacheDir: join(ROOT, "site/node_modules/.vitepress"),
  rewrites: (page) => page.replace(/README\.md$/, "index.md"),
  // Runbook links of alerts begin with the address of the site and its base (`--runbooks-url`).
  base: process.env.SARK_SITE_BASE ?? "/",
  vite: { build: { target: "es2022", chunkSizeWarningLimit: 4096 } },
  markdown: {
    // What looks like a tag is text, as `<id>`.
    html: false,
    anchor: { slugify: anchorOf },
    languages: [...GRAMMARS],
    languageAlias: { console: "sh" },
    config(md) {
      resolveLinks(md);
      breakableCode(md);
      scrollableTables(md);
      const render = md.render.bind(md);
      // Braces are text: pages are no templates.
      md.render = (...args) => render(...args).replaceAll("{{", "&#123;&#123;");
    },
  },
  themeConfig: {
    // Every word has to be found, the last one as it is being typed: pages are many, and say similar things.
    search: {
      provider: "local",
      options: { miniSearch: { searchOptions: { combineWith: "AND", fuzzy: 0.15, prefix: true } } },
    },
    outline: { level: [2, 3] },
    nav: [
      { text: "All pages", link: urlOf(CONTENTS) },
      { text: "Configuration", link: "/docs/reference/configuration.html" },
      { text: "API", link: "/docs/reference/api.html" },
      { text: "Runbooks", link: "/docs/monitoring/gateway/ALERT_RUNBOOKS.html" },
    ],
    sidebar: [
      ...sectionsOf(readPage(CONTENTS)).map(({ title, entries }) => ({
        text: title,
        collapsed: false,
        items: entries.map(entry),
      })),
      { text: "Decisions", collapsed: true, items: decisions.map(entry) },
    ],
  },
  buildEnd({ outDir }) {
    for (const file of publishedFiles) {
      cpSync(join(ROOT, file), join(outDir, file), { recursive: true });
    }
  },
};
