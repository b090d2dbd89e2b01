import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { changesOf, releaseChanges } from "./changelog.ts";
import { isLater, manifestWithVersion, VERSION_PLACES, withVersion } from "./versions.ts";

const root = join(import.meta.dirname, "../..");
const read = (file: string): string => readFileSync(join(root, file), "utf8");
const { version, workspaces } = JSON.parse(read("package.json")) as { version: string; workspaces: string[] };
const tracked = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((file) => file !== "");

describe("the changelog of a release [DOC-1]", () => {
  const before =
    "# Changelog\n\n## [Unreleased]\n\n### Added\n- This.\n\n## [0.1.0] - 2026-01-02\n\n- That.\n";

  it("has under the version what was not released, and begins anew", () => {
    const after = releaseChanges(before, "0.2.0", "2026-03-04");
    expect(after).toBe(
      "# Changelog\n\n## [Unreleased]\n\n## [0.2.0] - 2026-03-04\n\n### Added\n- This.\n\n## [0.1.0] - 2026-01-02\n\n- That.\n",
    );
    expect(changesOf(after, "0.2.0")).toBe("### Added\n- This.");
    expect(changesOf(after, "0.1.0")).toBe("- That.");
  });

  it("refuses to release nothing, a version twice, and a page without a place for changes", () => {
    expect(() =>
      releaseChanges(releaseChanges(before, "0.2.0", "2026-03-04"), "0.3.0", "2026-03-05"),
    ).toThrow("nothing");
    expect(() => releaseChanges(before, "0.1.0", "2026-03-04")).toThrow("already");
    expect(() => releaseChanges("# Changelog\n", "0.1.0", "2026-03-04")).toThrow("Unreleased");
    expect(() => changesOf(before, "7.0.0")).toThrow("7.0.0");
  });

  it("names no version as released that left nothing behind for the upgrade tests of later ones", () => {
    const released = Array.from(
      read("CHANGELOG.md").matchAll(/^## \[(\d+\.\d+\.\d+)\]/gm),
      ([, name = ""]) => name,
    );
    expect(released.filter((name) => !tracked.includes(`tests/upgrade/releases/${name}.json.gz`))).toEqual(
      [],
    );
  });

  it("can be made of the one that there is", () => {
    expect(releaseChanges(read("CHANGELOG.md"), "99.0.0", "2026-03-04")).toContain(
      "## [99.0.0] - 2026-03-04\n",
    );
  });
});

describe("a version", () => {
  it.for([
    ["0.2.0", "0.1.9", true],
    ["0.10.0", "0.9.0", true],
    ["1.0.0", "1.0.0-rc.1", true],
    ["1.0.0-rc.2", "1.0.0-rc.1", true],
    ["1.0.0-rc.1", "1.0.0", false],
    ["0.1.0", "0.1.0", false],
  ] as const)("%s comes after %s: %s", ([one, other, expected]) => {
    expect(isLater(one, other)).toBe(expected);
  });

  it("that is none is refused", () => {
    expect(() => isLater("1.0", "0.1.0")).toThrow('"1.0" is no version');
  });
});

describe("the places that name the version", () => {
  const next = "98.76.54";

  it("are all found: each of them names it, and after a release all name the next one", () => {
    for (const { file } of VERSION_PLACES) {
      const files = tracked.filter((name) => file.test(name));
      expect(files).not.toEqual([]);
      const changed = files.filter((name) => withVersion(name, read(name), version, next) !== read(name));
      expect(changed).toEqual(files);
      for (const name of files) {
        const text = withVersion(name, read(name), version, next);
        expect(withVersion(name, text, next, version)).toBe(read(name));
        expect(text.includes(`sark/gateway:${version}`)).toBe(false);
      }
    }
  });

  it("have none beside them: no other file names an image or a package of this version", () => {
    const manifest = new RegExp(
      `^(?:package\\.json|(?:${workspaces.map((one) => one.replace("*", "[^/]+")).join("|")})/package\\.json)$`,
    );
    const generated =
      /^(?:package-lock\.json|deployment\/monitoring\/(?:helm|k8s)\/|docs\/reference\/|scripts\/)/;
    const names = new RegExp(
      String.raw`(?:sark/[a-z-]+:|"@sark/[a-z-]+": "\^?)${version.replaceAll(".", String.raw`\.`)}`,
    );
    const others = tracked.filter(
      (file) =>
        !manifest.test(file) &&
        !generated.test(file) &&
        !VERSION_PLACES.some((place) => place.file.test(file)) &&
        /\.(?:ts|json|md|ya?ml|mjs|sh)$|Dockerfile$/.test(file) &&
        names.test(read(file)),
    );
    expect(others).toEqual([]);
    const manifests = tracked.filter((file) => manifest.test(file));
    expect(manifests.length).toBeGreaterThan(10);
    for (const file of manifests) {
      const changed = JSON.parse(manifestWithVersion(read(file), version, next)) as {
        version: string;
        dependencies?: Record<string, string>;
        devDependencies?: Record<string, string>;
      };
      expect({ file, version: changed.version }).toEqual({ file, version: next });
      const own = Object.entries({ ...changed.dependencies, ...changed.devDependencies }).filter(([name]) =>
        name.startsWith("@sark/"),
      );
      expect({ file, others: own.filter(([, wanted]) => wanted !== next) }).toEqual({ file, others: [] });
    }
  });
});
