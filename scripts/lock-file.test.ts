import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { lockFileProblems, type LockFile } from "./lock-file.ts";

const sound = { version: "1.0.0", integrity: "sha512-abc", license: "MIT" };

function problemsOf(entry: object, path = "node_modules/some"): string[] {
  return lockFileProblems({ packages: { [path]: { ...sound, ...entry } } });
}

describe("the lock file", () => {
  it("of this repository is sound", () => {
    const text = readFileSync(join(import.meta.dirname, "../package-lock.json"), "utf8");
    expect(lockFileProblems(JSON.parse(text) as LockFile)).toEqual([]);
  });

  it.each([
    [{ integrity: undefined }, "no sha512 integrity"],
    [{ integrity: "sha1-abc" }, "no sha512 integrity"],
    [{ resolved: "https://registry.example/some.tgz" }, "names the address of a registry"],
    [{ license: undefined }, "license not stated"],
    [{ license: "GPL-3.0-or-later" }, "license GPL-3.0-or-later"],
    [{ license: "(MIT AND GPL-3.0-or-later)" }, "license (MIT AND GPL-3.0-or-later)"],
    [{ license: "MPL-2.0" }, "license MPL-2.0"],
  ])("must not hold %j", (entry, problem) => {
    expect(problemsOf(entry)).toEqual([expect.stringContaining(problem)]);
    expect(problemsOf(entry, "packages/audit/node_modules/@scope/some")).toHaveLength(1);
  });

  it.each([
    [{ license: "(MIT OR GPL-3.0-or-later)" }],
    [{ license: "(MIT AND Zlib)" }],
    [{ license: "MPL-2.0", dev: true }],
  ])("may hold %j", (entry) => {
    expect(problemsOf(entry)).toEqual([]);
  });

  it("says nothing of workspaces", () => {
    expect(
      lockFileProblems({
        packages: { "": {}, "packages/audit": {}, "node_modules/@sark/audit": { link: true } },
      }),
    ).toEqual([]);
  });
});
