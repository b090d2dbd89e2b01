import { posix } from "node:path";

/** Where a relative link of a page leads. */
export interface LinkTarget {
  /** In the repository, without a slash at the end; that of the page itself for a link within it. */
  readonly path: string;
  readonly anchor?: string;
}

/** Of a link as it is written, or null for one that leaves the repository. */
export function targetOf(page: string, href: string): LinkTarget | null {
  if (/^[a-z+]+:/.test(href) || href.startsWith("//")) {
    return null;
  }
  const [path = "", anchor] = href.split("#");
  const target =
    path === "" ? page : posix.normalize(posix.join(posix.dirname(page), decodeURI(path))).replace(/\/$/, "");
  return { path: target, ...(anchor === undefined ? {} : { anchor }) };
}

/** The page that a path of the repository shows: itself, or the README of a folder. */
export function pageAt(path: string, pages: readonly string[]): string | undefined {
  return [path, posix.join(path, "README.md")].find((candidate) => pages.includes(candidate));
}
