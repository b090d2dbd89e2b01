import { targetOf } from "./links.ts";

/** The page that lists all others, by subject. */
export const CONTENTS = "docs/README.md";

/** A page as the contents name it. */
export interface Entry {
  readonly title: string;
  readonly page: string;
}

/** A subject of the contents. */
export interface Section {
  readonly title: string;
  readonly entries: readonly Entry[];
}

/** The sections of the contents: each heading of the second level, with the first link of each item below it. */
export function sectionsOf(contents: string): Section[] {
  return contents
    .split(/^## /m)
    .slice(1)
    .map((section) => ({
      title: section.slice(0, section.indexOf("\n")).trim(),
      entries: Array.from(
        section.matchAll(/^- \[([^\]]+)\]\(([^)\s]+)\)/gm),
        ([, title = "", href = ""]) => ({
          title,
          page: targetOf(CONTENTS, href)?.path ?? href,
        }),
      ),
    }));
}
