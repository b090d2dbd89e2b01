import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { cp, mkdir, rename } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { Binaries } from "./binaries.ts";

/** The account that the server runs as; PostgreSQL refuses to run as root. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** `null` when the process is not root: the server then runs under our own account. */
export function serverAccount(): Account | null {
  if (process.getuid?.() !== 0) {
    return null;
  }
  const accounts = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"));
  for (const wanted of ["postgres", "nobody"]) {
    const found = accounts.find(([name]) => name === wanted);
    if (found !== undefined) {
      return { name: wanted, uid: Number(found[2]), gid: Number(found[3]) };
    }
  }
  throw new Error(
    "PostgreSQL does not run as root, and there is no account postgres or nobody to run it as.",
  );
}

/** Whether an account other than root can get to this path. It cannot enter a clone below /root, for example. */
function isReachable(path: string): boolean {
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    const mode = statSync(folder, { throwIfNoEntry: false })?.mode;
    if (mode !== undefined && (mode & 0o001) === 0) {
      return false;
    }
    if (folder === dirname(folder)) {
      return true;
    }
  }
}

/** The binaries, copied once to a place where the account can run them if it cannot reach them where they are. */
export async function reachableBinaries(binaries: Binaries, account: Account | null): Promise<Binaries> {
  if (account === null || isReachable(dirname(binaries.postgres))) {
    return binaries;
  }
  const root = join("/var/cache/sark", `postgres-${digest(binaries.root)}`);
  if (statSync(root, { throwIfNoEntry: false }) === undefined) {
    const partial = `${root}.${process.pid}`;
    await mkdir(dirname(root), { recursive: true, mode: 0o755 });
    await cp(binaries.root, partial, { recursive: true, verbatimSymlinks: true });
    // A second process that did the same first has won; its copy is as good.
    await rename(partial, root).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") {
        throw error;
      }
    });
  }
  return { root, initdb: join(root, "bin/initdb"), postgres: join(root, "bin/postgres") };
}

/** Where the cluster is kept: the wanted folder, or one below /var/lib if the account cannot reach that. */
export function reachableDirectory(wanted: string, account: Account | null): string {
  if (account === null || isReachable(dirname(resolve(wanted)))) {
    return resolve(wanted);
  }
  return join("/var/lib/sark", `postgres-${digest(resolve(wanted))}`);
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}
