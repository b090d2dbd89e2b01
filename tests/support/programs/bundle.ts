import { createHash, randomUUID } from "node:crypto";
import {
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from "node:fs";
import { join } from "node:path";
import { rolldown } from "rolldown";
import { ownPlace } from "./own-place.ts";
import { PROGRAMS, ROOT, TEST_PROGRAMS } from "./programs.ts";

/** Bundles that no run has used for so long are removed. */
const UNUSED_MS = 24 * 60 * 60 * 1000;

/** All that a bundle is made of, and how. */
const INPUTS = [
  "{packages,services,tools}/*/src/**/*.ts",
  "{packages,services,tools}/*/package.json",
  "tests/{support,faults}/**/*.ts",
  "package-lock.json",
];

/**
 * One file per program and per part that it loads later, in place of 1,600 modules; returns their folder. It is named
 * by what it is made of: equal sources are bundled once, and what a run uses is never written to. Two runs may do this
 * at once.
 */
export async function bundlePrograms(
  programs: Readonly<Record<string, string>> = { ...PROGRAMS, ...TEST_PROGRAMS },
  root = ROOT,
): Promise<string> {
  const cache = join(root, "node_modules/.cache/programs");
  mkdirSync(cache, { recursive: true });
  removeUnused(cache);
  for (;;) {
    const key = keyOfInputs(root);
    const folder = join(cache, key);
    if (existsSync(folder)) {
      utimesSync(folder, new Date(), new Date());
      return folder;
    }
    const aside = join(cache, `${key}.${randomUUID()}`);
    await writeBundles(programs, root, aside);
    // Sources that were edited meanwhile are not what the name says.
    if (keyOfInputs(root) === key) {
      moveInPlace(aside, folder);
    } else {
      rmSync(aside, { recursive: true });
    }
  }
}

function keyOfInputs(root: string): string {
  const hash = createHash("sha256");
  const files = globSync(INPUTS, { cwd: root }).filter((file) => !file.endsWith(".test.ts"));
  for (const file of files.toSorted()) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update("\0");
  }
  return hash.digest("hex").slice(0, 32);
}

async function writeBundles(
  programs: Readonly<Record<string, string>>,
  root: string,
  folder: string,
): Promise<void> {
  const bundle = await rolldown({
    cwd: root,
    input: { ...programs },
    platform: "node",
    plugins: [ownPlace],
    // Large, and no program loads it: the testkit does where a test asks for an authorization server.
    external: ["oidc-provider"],
  });
  await bundle.write({
    dir: folder,
    format: "esm",
    entryFileNames: "[name].mjs",
    chunkFileNames: "[name]-[hash].mjs",
    // Log lines and errors say the names of classes.
    keepNames: true,
  });
  await bundle.close();
}

/** Another run may have been faster with the same. */
function moveInPlace(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!existsSync(to)) {
      throw error;
    }
    rmSync(from, { recursive: true });
  }
}

function removeUnused(cache: string): void {
  for (const entry of globSync("*", { cwd: cache })) {
    const folder = join(cache, entry);
    const used = statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? Number.POSITIVE_INFINITY;
    if (Date.now() - used > UNUSED_MS) {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}
