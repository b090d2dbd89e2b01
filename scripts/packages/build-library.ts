import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { exportedSources, publishedManifest, type Manifest } from "./manifest.ts";

export const root = join(import.meta.dirname, "../..");

/** The libraries that are published; each after those that it imports. */
export const LIBRARIES = ["observability", "audit", "metrics-sender"] as const;
export type Library = (typeof LIBRARIES)[number];

/** Where a library is put together, to be packed: its folder is the package. */
export function stageOf(library: Library): string {
  return join(root, "dist/packages", library);
}

/**
 * Puts a library together as it is published: JavaScript and types in `dist`, the sources that these are of in `src`, so
 * that editors and stack traces lead there, and what it reads at run time. Those that it imports must be there already.
 */
export function buildLibrary(library: Library): void {
  const folder = join(root, "packages", library);
  const stage = stageOf(library);
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
  rmSync(stage, { recursive: true, force: true });
  mkdirSync(stage, { recursive: true });
  compile(folder, stage, manifest);
  copySources(folder, stage);
  for (const name of ["README.md", "migrations"]) {
    if (existsSync(join(folder, name))) {
      cpSync(join(folder, name), join(stage, name), { recursive: true });
    }
  }
  for (const name of ["LICENSE", "CHANGELOG.md"]) {
    cpSync(join(root, name), join(stage, name));
  }
  writeFileSync(join(stage, "package.json"), `${JSON.stringify(publishedManifest(manifest), null, 2)}\n`);
}

/** From what is exported, so that only what that imports is compiled: no tests, and nothing that only tests use. */
function compile(folder: string, stage: string, manifest: Manifest): void {
  const config = join(stage, "tsconfig.json");
  const settings = {
    extends: join(folder, "tsconfig.json"),
    compilerOptions: {
      composite: false,
      incremental: false,
      declarationMap: true,
      rootDir: join(folder, "src"),
      outDir: join(stage, "dist"),
      // The types of the libraries below as they are published, not their sources.
      paths: Object.fromEntries(
        LIBRARIES.map((name) => [`@sark/${name}/*`, [join(stageOf(name), "dist/exports/*.d.ts")]]),
      ),
      types: ["node"],
      typeRoots: [join(root, "node_modules/@types")],
    },
    files: exportedSources(manifest).map((source) => join(folder, source)),
    include: [],
    references: [],
  };
  writeFileSync(config, JSON.stringify(settings));
  execFileSync("npx", ["tsc", "--project", config], {
    cwd: root,
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  rmSync(config);
}

/** Every source that was compiled, at the same place as its map says: `../src` of `dist`. */
function copySources(folder: string, stage: string): void {
  const compiled = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "src"], {
    cwd: folder,
    encoding: "utf8",
  })
    .split("\n")
    .filter((file) => file.endsWith(".ts"))
    .filter((file) => existsSync(join(stage, "dist", relative("src", file).replace(/\.ts$/, ".js"))));
  for (const file of compiled) {
    cpSync(join(folder, file), join(stage, file));
  }
}
