import { randomUUID } from "node:crypto";
import { existsSync, globSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { ROOT, writeBundle, type BundledFiles } from "./write-bundle.ts";

/** Where bundles of this checkout are kept; `tools/operations/bin/start.cjs` looks for them here. */
const CACHE = join(ROOT, "node_modules/.cache/tools");
/** A bundle that is not the newest stays so long: a command that runs may still load parts of it. */
const KEPT_MS = 24 * 60 * 60 * 1_000;
const ATTEMPTS = 3;

/**
 * Bundles the tools of this checkout, and has `tools/operations/bin` start them from now on, until a file changes of which the
 * bundle is made. Returns its folder. Two processes may do this at once. Rejects where a source cannot be bundled, and in an
 * installation without what development needs.
 */
export async function bundleCheckout(): Promise<string> {
  mkdirSync(CACHE, { recursive: true });
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const name = randomUUID();
    const folder = join(CACHE, name);
    const begun = Date.now();
    const { frame, definitions, rest } = inputsOf(await writeBundle(folder));
    // Of a file that was edited meanwhile the bundle may have what it was before.
    if ([...frame, ...definitions, ...rest].every(([, , changed]) => changed < begun)) {
      // Apart from what is always read.
      writeFileSync(join(folder, "inputs.json"), JSON.stringify({ definitions, rest }));
      const aside = join(CACHE, `${name}.json`);
      writeFileSync(aside, JSON.stringify({ folder: name, frame }));
      renameSync(aside, join(CACHE, "newest.json"));
      removeOld(name);
      return folder;
    }
    rmSync(folder, { recursive: true });
  }
  throw new Error("the sources change while they are bundled");
}

/**
 * The files that decide what the bundle is: sources, the manifests by which they find each other, and how it is made. A package
 * of others counts by its manifest, which changes with each installation.
 */
function inputsOf({ frame, definitions, rest }: BundledFiles): Record<keyof BundledFiles, FileState[]> {
  const scripts = globSync("scripts/bundle-tools/*.ts", { cwd: ROOT }).map((file) => join(ROOT, file));
  const listed = new Set<string>();
  const statesOf = (read: readonly string[]) => {
    const files = [...read.filter((file) => !file.includes("/node_modules/")), ...read.map(manifestOf)];
    const others = [...new Set(files)].filter((file) => !listed.has(file));
    others.forEach((file) => listed.add(file));
    return others.map(stateOf);
  };
  return {
    frame: statesOf([...frame, ...scripts, join(ROOT, "package-lock.json")]),
    definitions: statesOf(definitions),
    rest: statesOf(rest),
  };
}

/** A file as it was: path from the root, size and time of change. `tools/operations/bin/start.cjs` compares them. */
type FileState = readonly [string, number, number];

function stateOf(file: string): FileState {
  const { size, ctimeMs } = statSync(file);
  return [relative(ROOT, file), size, ctimeMs];
}

function manifestOf(file: string): string {
  let folder = dirname(file);
  while (!existsSync(join(folder, "package.json"))) {
    folder = dirname(folder);
  }
  return join(folder, "package.json");
}

function removeOld(newest: string): void {
  for (const entry of globSync("*", { cwd: CACHE })) {
    const path = join(CACHE, entry);
    const made = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Number.POSITIVE_INFINITY;
    if (entry !== newest && entry !== "newest.json" && Date.now() - made > KEPT_MS) {
      rmSync(path, { recursive: true, force: true });
    }
  }
}
