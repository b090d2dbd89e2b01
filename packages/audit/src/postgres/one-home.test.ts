import { globSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import { expect, it } from "vitest";
import { ADVISORY_LOCKS } from "./advisory-locks.ts";

const root = join(import.meta.dirname, "../../../..");

/** Sources of the libraries, services and tools, by path. */
function sources(isWanted: (path: string) => boolean): ReadonlyMap<string, string> {
  const paths = globSync("{packages,services,tools,tests,bench}/**/*.{ts,sql}", {
    cwd: root,
    exclude: ["**/node_modules", "**/dist"],
  }).map((path) => path.replaceAll(sep, "/"));
  expect(paths.length).toBeGreaterThan(500);
  return new Map(paths.filter(isWanted).map((path) => [path, readFileSync(join(root, path), "utf8")]));
}

function matching(files: ReadonlyMap<string, string>, pattern: RegExp): string[] {
  return [...files].filter(([, text]) => pattern.test(text)).map(([path]) => path);
}

const isOfLibrary = (path: string) =>
  path.startsWith("packages/audit/") &&
  !path.startsWith("packages/audit/src/postgres/") &&
  !/\.test\.ts$|\/testing\//.test(path);

it("gives each advisory lock a number of its own", () => {
  const numbers = Object.values(ADVISORY_LOCKS);
  expect(new Set(numbers).size).toBe(numbers.length);
});

it("spells the numbers of advisory locks in one file", () => {
  const numbers = Object.values(ADVISORY_LOCKS).map((number) => String(number).split("").join("_?"));
  const spelled = matching(
    sources(() => true),
    new RegExp(`(?<!\\d)(?:${numbers.join("|")})(?!\\d)`),
  );
  expect(spelled).toEqual(["packages/audit/src/postgres/advisory-locks.ts"]);
});

it.each([
  ["asks for advisory locks", /pg_(?:try_)?advisory_/],
  ["begins and ends transactions", /["'`](?:BEGIN|COMMIT|ROLLBACK)["'`]/],
  ["opens connections and pools", /new pg\.(?:Client|Pool)\b|new (?:Client|Pool)\(/],
  ["cuts connections", /\.stream\?*\.destroy/],
])("%s in postgres/ alone", (_, pattern) => {
  expect(matching(sources(isOfLibrary), pattern)).toEqual([]);
});
