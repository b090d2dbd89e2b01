import { matchesGlob } from "node:path";
import type { Import } from "./read-imports.ts";

/** What the files of a room may import. What no rule speaks of is free. */
export interface Rule {
  /** Globs of the room's files, from the repository's root. */
  readonly files: readonly string[];
  /** Globs of files and specifiers. One of both is given; files of the room itself are always allowed with `only`. */
  readonly only?: readonly string[];
  readonly never?: readonly string[];
  readonly because: string;
}

const IS_TEST = /\.test\.ts$|\/testing(?:\/|\.ts$)/;

/** One line for each import of production code that a rule forbids. */
export function brokenRules(imports: readonly Import[], rules: readonly Rule[]): string[] {
  return imports
    .filter(({ from }) => !IS_TEST.test(from))
    .flatMap((made) =>
      rules
        .filter((rule) => matches(made.from, rule.files) && !allows(rule, made))
        .map(({ because }) => `${made.from} imports ${made.to}: ${because}`),
    );
}

function allows(rule: Rule, { to }: Import): boolean {
  if (matches(to, rule.never ?? [])) {
    return false;
  }
  return rule.only === undefined || matches(to, rule.files) || matches(to, rule.only);
}

function matches(path: string, globs: readonly string[]): boolean {
  return globs.some((glob) => matchesGlob(path, glob));
}
