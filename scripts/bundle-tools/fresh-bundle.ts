import { randomUUID } from "node:crypto";
import { existsSync, globSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { ROOT, writeBundle } from "./write-bundle.ts";

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
    const inputs = inputsOf(await writeBundle(folder)).map((file) => {
      const { size, ctimeMs } = statSync(file);
      return [relative(ROOT, file), size, ctimeMs] as const;
    });
    // Of a file that was edited meanwhile the bundle may have what it was before.
    if (inputs.every(([, , changed]) => changed < begun)) {
      const aside = join(CACHE, `${name}.json`);
      writeFileSync(aside, JSON.stringify({ folder: name, inputs }));
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
function inputsOf(read: readonly string[]): readonly string[] {
  const own = read.filter((file) => !file.includes("/node_modules/"));
  const manifests = read.map(manifestOf);
  const scripts = globSync("scripts/bundle-tools/*.ts", { cwd: ROOT }).map((file) => join(ROOT, file));
  return [...new Set([...own, ...manifests, ...scripts, join(ROOT, "package-lock.json")])];
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
