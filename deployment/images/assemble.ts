// Puts the files of an image together: node deployment/images/assemble.ts IMAGE FOLDER. The Dockerfile does just this; so
// does the test that runs the files without an engine.
import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, join, resolve } from "node:path";
import { allWorkspaces, IMAGES, workspacesOf, type ImageName } from "./images.ts";

const ROOT = join(import.meta.dirname, "../..");
/** Of a workspace, what its program reads. */
const PARTS = ["src", "migrations", "package.json"];

/** Writes `folder`, which is not there yet: what runs, with its production dependencies, and a bill of materials. */
export function assemble(name: ImageName, folder: string): void {
  const { form, files } = IMAGES[name];
  if (form === "bundle") {
    bundle(folder);
  } else {
    copySources(name, folder);
  }
  for (const file of files) {
    cpSync(join(ROOT, file), join(folder, file.startsWith("deployment/") ? basename(file) : file), {
      recursive: true,
    });
  }
}

/** Made by what development has, which has to be installed in the repository. It brings its bill of materials. */
function bundle(folder: string): void {
  mkdirSync(folder, { recursive: true });
  execFileSync(process.execPath, [join(ROOT, "scripts/bundle-tools/main.ts"), join(folder, "bundle")]);
  renameSync(join(folder, "bundle/sbom.cdx.json"), join(folder, "sbom.cdx.json"));
  cpSync(join(ROOT, "LICENSE"), join(folder, "LICENSE"));
}

function copySources(name: ImageName, folder: string): void {
  const { workspace } = IMAGES[name];
  const workspaces = workspacesOf(ROOT, workspace);
  mkdirSync(folder, { recursive: true });
  for (const file of ["package.json", "package-lock.json", "LICENSE"]) {
    cpSync(join(ROOT, file), join(folder, file));
  }
  const others = allWorkspaces(ROOT).filter((other) => !workspaces.includes(other));
  for (const other of others) {
    mkdirSync(join(folder, other), { recursive: true });
    cpSync(join(ROOT, other, "package.json"), join(folder, other, "package.json"));
  }
  for (const one of workspaces) {
    copyWorkspace(one, folder);
  }
  install(folder, workspace);
  removeOthers(folder, others, workspaces);
  writeFileSync(join(folder, "sbom.cdx.json"), billOfMaterials(folder, name));
}

/** Without tests, and what only they use. */
function copyWorkspace(workspace: string, folder: string): void {
  for (const part of PARTS) {
    const from = join(ROOT, workspace, part);
    if (existsSync(from)) {
      cpSync(from, join(folder, workspace, part), {
        recursive: true,
        filter: (file) => !/\.test\.ts$|\/testing$/.test(file),
      });
    }
  }
}

/**
 * No scripts of packages run. Not `npm ci`: it refuses a lock file that lacks other platforms' optional binaries; versions
 * and digests are those of the lock file all the same. Optional packages are left out: an image has no PostgreSQL.
 */
function install(folder: string, workspace: string): void {
  npm(folder, ["install", "--no-save", "--ignore-scripts", "--omit=dev", "--omit=optional", "-w", workspace]);
}

/** What was there to install only: workspaces that do not run here, and what manifests say of development. */
function removeOthers(folder: string, others: readonly string[], workspaces: readonly string[]): void {
  for (const other of others) {
    rmSync(join(folder, other), { recursive: true });
  }
  const links = join(folder, "node_modules/@sark");
  for (const link of readdirSync(links).filter((name) => !existsSync(join(links, name)))) {
    rmSync(join(links, link));
  }
  for (const one of [".", ...workspaces]) {
    const file = join(folder, one, "package.json");
    const {
      devDependencies: _dev,
      scripts: _scripts,
      ...rest
    } = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
    const own = one === "." ? { ...rest, workspaces } : rest;
    writeFileSync(file, `${JSON.stringify(own, null, 2)}\n`);
  }
  rmSync(join(folder, "package-lock.json"));
  rmSync(join(folder, "node_modules/.package-lock.json"), { force: true });
}

/** Of all that is installed: with `--omit` npm leaves out what is there, as packages that another one wants as a peer. */
function billOfMaterials(folder: string, name: ImageName): string {
  const text = npm(folder, ["sbom", "--sbom-format=cyclonedx", "--sbom-type=application"]);
  const bill = JSON.parse(text) as { readonly metadata: { readonly component: { name: string } } };
  // npm names it after the folder.
  bill.metadata.component.name = `sark-${name}`;
  return `${JSON.stringify(bill, null, 2)}\n`;
}

function npm(folder: string, args: readonly string[]): string {
  return execFileSync("npm", [...args, "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: folder,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
}

if (import.meta.main) {
  const [name = "", folder] = process.argv.slice(2);
  if (!Object.hasOwn(IMAGES, name) || folder === undefined) {
    process.stderr.write(`Usage: assemble.ts ${Object.keys(IMAGES).join("|")} FOLDER\n`);
    process.exit(2);
  }
  assemble(name as ImageName, resolve(folder));
}
