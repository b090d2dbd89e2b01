// npm run release -- VERSION [--dry-run]: everything of a release that can be done here. What leaves the machine (push, publish,
// images) is done by people, with the commands that it prints.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { changesOf, releaseChanges } from "./changelog.ts";
import { isLater, manifestWithVersion, withVersion } from "./versions.ts";

const USAGE = `Usage: npm run release -- VERSION [--dry-run]

Puts VERSION into all manifests, images, charts and the changelog, keeps what this version leaves behind for the upgrade
tests of later ones (tests/upgrade/releases), packs the packages and has npm check that they can be published, commits and
tags. Nothing is pushed or published. With --dry-run the files are put back as they were in the end.`;

const root = join(import.meta.dirname, "../..");
const read = (file: string): string => readFileSync(join(root, file), "utf8");

function run(command: string, ...args: string[]): string {
  return execFileSync(command, args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
}

function release(version: string, dryRun: boolean): void {
  if (run("git", "status", "--porcelain") !== "") {
    throw new Error("there are changes that are not committed");
  }
  const { version: current } = JSON.parse(read("package.json")) as { version: string };
  const tags = run("git", "tag", "--list").split("\n");
  // The first release has the version that the manifests had from the beginning.
  const isFirst = version === current && !tags.includes(`v${version}`);
  if (!isFirst && !isLater(version, current)) {
    throw new Error(`${version} does not come after ${current}`);
  }
  const day = new Date().toISOString().slice(0, 10);
  const changelog = releaseChanges(read("CHANGELOG.md"), version, day);
  try {
    writeFileSync(join(root, "CHANGELOG.md"), changelog);
    setVersion(current, version);
    const data = `tests/upgrade/releases/${version}.json.gz`;
    step(`what ${version} leaves behind: ${data}`, () =>
      run("npm", "run", "--silent", "release:data", "--", data),
    );
    const metricsData = `tests/upgrade/releases/metrics-service/${version}.json.gz`;
    step(`what its metrics service leaves behind: ${metricsData}`, () =>
      run("npm", "run", "--silent", "release:metrics-data", "--", metricsData),
    );
    step("generated files", () => run("npm", "run", "--silent", "generate"));
    const tarballs = step("packages", () => run("npm", "run", "--silent", "pack").trim().split("\n"));
    for (const tarball of tarballs) {
      step(`npm would publish ${tarball}`, () => run("npm", "publish", "--dry-run", tarball));
    }
    if (!dryRun) {
      run("git", "add", "--all");
      run("git", "commit", "--quiet", "--message", `Release ${version}`);
      run(
        "git",
        "tag",
        "--annotate",
        `v${version}`,
        "--cleanup=verbatim",
        "--message",
        `SARK ${version}\n\n${changesOf(changelog, version)}`,
      );
    }
  } finally {
    if (dryRun) {
      run("git", "checkout", "--quiet", "--", ".");
      run("git", "clean", "--quiet", "--force", "--", "tests/upgrade/releases");
    }
  }
  console.log(dryRun ? `${version} can be released. Nothing was changed.` : afterwards(version));
}

function setVersion(from: string, to: string): void {
  const files = run("git", "ls-files")
    .split("\n")
    .filter((file) => file !== "");
  for (const file of files) {
    const isManifest = file === "package.json" || (/(?:^|\/)package\.json$/.test(file) && isWorkspace(file));
    if (isManifest || /\.(?:ts|md|yml|json)$|Dockerfile$/.test(file)) {
      const text = read(file);
      const changed = isManifest ? manifestWithVersion(text, from, to) : withVersion(file, text, from, to);
      if (changed !== text) {
        writeFileSync(join(root, file), changed);
      }
    }
  }
  if (from !== to) {
    run("npm", "install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund");
  }
}

function isWorkspace(file: string): boolean {
  const lock = JSON.parse(read("package-lock.json")) as { packages: Record<string, unknown> };
  return file.slice(0, -"/package.json".length) in lock.packages;
}

function step<T>(title: string, act: () => T): T {
  console.error(`${title} …`);
  return act();
}

function afterwards(version: string): string {
  return `Released ${version} in this repository. What leaves it:

  git push --follow-tags
  npm publish dist/packages/NAME.tgz        # each, from a CI job that may sign its provenance
  docker build -f deployment/images/Dockerfile --target gateway --build-arg VERSION=${version} --build-arg REVISION=$(git rev-parse HEAD) -t sark/gateway:${version} .
  (the same with --target metrics-service and --target tools), and docker push to the registry that clusters reach
  helm package deployment/monitoring/helm/sark --destination dist      # and helm push to it, where the chart is to be there`;
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { "dry-run": { type: "boolean" }, help: { type: "boolean" } },
});
const [version] = positionals;
if (version === undefined || values.help) {
  console.error(USAGE);
  process.exit(values.help ? 0 : 2);
}
try {
  release(version, values["dry-run"] ?? false);
} catch (error) {
  console.error(`Not released: ${(error as Error).message}`);
  process.exit(1);
}
