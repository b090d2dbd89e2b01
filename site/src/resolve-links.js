// Links of pages, as they are in the repository, to where the site has what they lead to.
import { posix } from "node:path";
import { pageAt, targetOf } from "../../tests/documentation/links.ts";
import { PAGES } from "../../tests/documentation/pages.ts";

/** What is not a page, is linked to and is published with the site: paths of the repository. */
export const publishedFiles = new Set();

/** Where the site has a page: at its path in the repository, a README at that of its folder. */
export const urlOf = (page) => `/${page}`.replace(/README\.md$/, "").replace(/\.md$/, ".html");

/** A plugin of markdown-it: of a link to what the site does not have, only the text is left. */
export function resolveLinks(md) {
  md.core.ruler.push("links-of-the-repository", ({ tokens, env }) => {
    const page = env.relativePath.replace(/(^|\/)index\.md$/, "$1README.md");
    for (const inline of tokens.filter(({ type }) => type === "inline")) {
      let open = true;
      inline.children = inline.children.filter((token) => {
        if (token.type === "link_open") {
          const href = hrefOf(page, token.attrGet("href"));
          open = href !== null;
          token.attrSet("href", href ?? "");
          return open;
        }
        return token.type !== "link_close" || open;
      });
    }
  });
}

function hrefOf(page, href) {
  const target = targetOf(page, href);
  // The search reads headings by links within the page.
  if (target === null || href.startsWith("#")) {
    return href;
  }
  const found = pageAt(target.path, PAGES);
  if (found !== undefined) {
    return urlOf(found) + (target.anchor === undefined ? "" : `#${target.anchor}`);
  }
  if (!target.path.startsWith("docs/") || posix.extname(target.path) === "") {
    return null;
  }
  publishedFiles.add(target.path);
  return `/${target.path}`;
}
