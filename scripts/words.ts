// Gate: the words that ARCHITECTURE.md's glossary replaces stand nowhere in code, comments, file names and documentation.
import { globSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { bannedWords, findWords } from "./words/find-words.ts";

const root = join(import.meta.dirname, "..");
const words = bannedWords(readFileSync(join(root, "ARCHITECTURE.md"), "utf8"));

/** The glossary itself, the licence, the requirements' own words, migrations, which are never edited, and what is made from other files. */
const OTHERS_WORDS =
  /^(?:ARCHITECTURE\.md|LICENSE|package-lock\.json|docs\/requirements\.md|packages\/audit\/migrations\/.*|scripts\/words.*|.*\/vendor\/.*)$/;

/** Names that others gave: an account of Unix, a key of other programs' JSON; and former names, where the change is told. */
const OTHERS_NAMES: Readonly<Record<string, readonly string[]>> = {
  "CHANGELOG.md": ["set aside", "answer", "gone", "somebody"],
  "packages/embedded-postgres/src/account.ts": ["nobody"],
  "packages/observability/src/redaction/secret-places.ts": ["answer"],
};

/** What is not part of the sources: a copy of them need not be a repository. */
const NOT_SOURCES = new Set(["node_modules", "dist", ".git", ".sark", "coverage", ".vitest"]);

const files = globSync(
  ["*", ".ci/*", "{bench,docs,examples,packages,policies,scripts,services,tests,tools}/**"],
  {
    cwd: root,
    withFileTypes: true,
    exclude: ({ name }) => NOT_SOURCES.has(name) || name.endsWith(".tsbuildinfo"),
  },
)
  .filter((entry) => entry.isFile())
  .map((entry) => relative(root, join(entry.parentPath, entry.name)))
  .filter((file) => !OTHERS_WORDS.test(file));
const problems = files.flatMap((file) => [
  ...findWords(file, words).map(({ word }) => `${file}: the file's name holds "${word}"`),
  ...findWords(readFileSync(join(root, file), "utf8"), words)
    .filter(({ word }) => OTHERS_NAMES[file]?.includes(word) !== true)
    .map(({ word, line }) => `${file}:${line}: "${word}"`),
]);
if (problems.length > 0) {
  console.error(
    `${problems.join("\n")}\n${problems.length} words that the glossary of ARCHITECTURE.md replaces`,
  );
  process.exitCode = 1;
}
