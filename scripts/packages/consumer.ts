import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { LIBRARIES, root, stageOf } from "./build-library.ts";
import { quickStarts } from "./quick-starts.ts";

/** What an application has besides the libraries, at the versions of this repository. */
const OTHERS = ["fastify", "pg", "@types/pg", "@types/node", "typescript"];

/** TypeScript as strict as it gets, in both ways in which applications find modules. */
const STRICT = {
  target: "es2024",
  lib: ["es2024"],
  types: ["node"],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noUnusedLocals: true,
  noUnusedParameters: true,
  skipLibCheck: false,
  verbatimModuleSyntax: true,
  erasableSyntaxOnly: true,
  allowImportingTsExtensions: true,
  noEmit: true,
};
const RESOLUTIONS = [{ module: "nodenext" }, { module: "esnext", moduleResolution: "bundler" }];

/** Makes an application in an empty folder: the tarballs are installed, the examples and quick starts are its sources. */
export function installConsumer(folder: string, tarballs: readonly string[]): void {
  for (const tarball of tarballs) {
    cpSync(tarball, join(folder, basename(tarball)));
  }
  const libraries = tarballs.map((tarball, at) => [`@sark/${LIBRARIES[at]}`, `file:${basename(tarball)}`]);
  const dependencies = Object.fromEntries([
    ...libraries,
    ...OTHERS.map((name) => [name, installedVersion(name)]),
  ]);
  const manifest = { name: "consumer", private: true, type: "module", dependencies };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  npm(
    folder,
    "install",
    "--prefer-offline",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
  );
  cpSync(join(root, "examples"), join(folder, "examples"), {
    recursive: true,
    filter: (path) => basename(path) !== "node_modules",
  });
  mkdirSync(join(folder, "quick-starts"));
  for (const { name, source } of quickStarts()) {
    writeFileSync(join(folder, "quick-starts", name), source);
  }
  writeFileSync(join(folder, "every-export.ts"), importsOfEverything());
}

/** Throws with what the compiler says. */
export function compileConsumer(folder: string): void {
  for (const resolution of RESOLUTIONS) {
    const settings = { compilerOptions: { ...STRICT, ...resolution }, include: ["**/*.ts"] };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(settings));
    execFileSync(process.execPath, [join(folder, "node_modules/typescript/bin/tsc"), "--project", folder], {
      stdio: "inherit",
    });
  }
}

/** Each subpath is found, and its types hold together. */
function importsOfEverything(): string {
  const specifiers = LIBRARIES.flatMap((library) => {
    const { name, exports } = JSON.parse(readFileSync(join(stageOf(library), "package.json"), "utf8")) as {
      readonly name: string;
      readonly exports: Readonly<Record<string, unknown>>;
    };
    return Object.keys(exports)
      .filter((subpath) => subpath !== "./package.json")
      .map((subpath) => name + subpath.slice(1));
  });
  const imports = specifiers.map((specifier, at) => `import * as module${at} from "${specifier}";`);
  const names = specifiers.map((_specifier, at) => `module${at}`);
  return `${imports.join("\n")}\nconsole.log([${names.join(", ")}].map((one) => Object.keys(one).length).join(" "));\n`;
}

function installedVersion(name: string): string {
  const manifest = readFileSync(join(root, "node_modules", name, "package.json"), "utf8");
  return (JSON.parse(manifest) as { readonly version: string }).version;
}

function npm(folder: string, ...args: string[]): void {
  execFileSync("npm", args, { cwd: folder, stdio: "inherit", shell: process.platform === "win32" });
}
