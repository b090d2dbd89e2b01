import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { brokenRules } from "./boundaries/broken-rules.ts";
import { folderCycles } from "./boundaries/folder-cycles.ts";
import { readImports } from "./boundaries/read-imports.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "boundaries-"));
});
afterEach(() => rmSync(root, { recursive: true }));

/** All imports of a package of these files. */
function importsOf(files: Readonly<Record<string, string>>) {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, "packages/a/src", name)), { recursive: true });
    writeFileSync(join(root, "packages/a/src", name), text);
  }
  return Object.keys(files).flatMap((name) => readImports(root, `packages/a/src/${name}`));
}

it("finds two folders that import each other through different files, also when one import is of a type", () => {
  const imports = importsOf({
    "store/write.ts": `import { open } from "../spool/open.ts";`,
    "spool/open.ts": "export const open = 1;",
    "spool/entry.ts": `import type { Row } from "../store/row.ts";`,
    "store/row.ts": "export interface Row { readonly id: string }",
  });
  expect(folderCycles(imports)).toEqual([
    [
      "folders import each other in a cycle: packages/a/src/spool, packages/a/src/store",
      "    packages/a/src/spool/entry.ts → packages/a/src/store/row.ts",
      "    packages/a/src/store/write.ts → packages/a/src/spool/open.ts",
    ].join("\n"),
  ]);
});

it("finds a cycle of a folder and one inside it, of three, and of what two folders hold below", () => {
  const cyclesOf = (files: Readonly<Record<string, string>>) =>
    folderCycles(importsOf(files)).map((line) => line.split("\n")[0]?.replaceAll("packages/a/src/", ""));
  expect(
    cyclesOf({
      "a/start.ts": `export * from "./inner/x.ts";`,
      "a/inner/x.ts": `import "../y.ts";`,
      "a/y.ts": "",
    }),
  ).toEqual(["folders import each other in a cycle: a, a/inner"]);
  expect(
    cyclesOf({
      "b/x.ts": `export { y } from "../c/y.ts";`,
      "c/y.ts": `export const y = () => import("../d/z.ts");`,
      "d/z.ts": `import { w } from "../b/w.ts"; export const z = w;`,
      "b/w.ts": "export const w = 1;",
    }),
  ).toEqual(["folders import each other in a cycle: b, c, d"]);
  expect(
    cyclesOf({
      "e/one/x.ts": `import "../../f/one/x.ts";`,
      "f/one/x.ts": "",
      "f/two/y.ts": `import "../../e/two/y.ts";`,
      "e/two/y.ts": "",
    }),
  ).toEqual(["folders import each other in a cycle: e, f"]);
});

it("lets folders import one way, tests import anything, and a package's entries count alone", () => {
  expect(
    folderCycles(
      importsOf({
        "index.ts": `export { x } from "./a/x.ts";`,
        "errors.ts": "export class Fault extends Error {}",
        "a/x.ts": `import { Fault } from "../errors.ts"; export const x = Fault;`,
        "a/x.test.ts": `import { x } from "../index.ts";`,
        "a/testing/set-up.ts": `import { x } from "../x.ts";`,
      }),
    ),
  ).toEqual([]);
});

it("names the import, and the reason, of what a rule forbids", () => {
  const imports = importsOf({
    "pure/x.ts": `import { readFileSync } from "node:fs"; import { hash } from "./hash.ts";`,
    "pure/hash.ts": `export { createHash } from "node:crypto";`,
    "pure/x.test.ts": `import { readFileSync } from "node:fs";`,
    "impure/y.ts": `import type { X } from "../pure/x.ts";`,
  });
  const files = ["packages/a/src/pure/**"];
  expect(brokenRules(imports, [{ files, only: ["node:crypto"], because: "it is pure" }])).toEqual([
    "packages/a/src/pure/x.ts imports node:fs: it is pure",
  ]);
  expect(
    brokenRules(imports, [{ files: ["packages/a/src/impure/**"], never: files, because: "not this way" }]),
  ).toEqual(["packages/a/src/impure/y.ts imports packages/a/src/pure/x.ts: not this way"]);
});

it("refuses a file that it cannot read", () => {
  expect(() => importsOf({ "x.ts": "import { from" })).toThrow("packages/a/src/x.ts");
});
