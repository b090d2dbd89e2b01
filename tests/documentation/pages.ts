import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");

/** The pages of the documentation, in the repository and on the site. */
export const PAGES: readonly string[] = globSync(
  "{*.md,docs/**/*.md,examples/README.md,policies/README.md,{packages,services,tools}/*/README.md}",
  { cwd: ROOT, exclude: (path) => path.includes("node_modules") },
).toSorted();

/** The text of one of them. */
export const readPage = (page: string): string => readFileSync(join(ROOT, page), "utf8");
