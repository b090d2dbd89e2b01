import { readdir, readFile, statfs } from "node:fs/promises";

/** What only the system knows: file descriptors and disks. */
export interface SystemFigures {
  readonly openFds: number | null;
  readonly maxFds: number | null;
  readonly disks: readonly { readonly directory: string; readonly free: number; readonly size: number }[];
}

/** What cannot be read is left out: no system has all of it. */
export async function readSystemFigures(
  directories: Readonly<Record<string, string>>,
): Promise<SystemFigures> {
  const [openFds, maxFds, disks] = await Promise.all([
    readdir("/proc/self/fd").then(({ length }) => length, unknown),
    readFile("/proc/self/limits", "utf8").then(maxFdsIn, unknown),
    Promise.all(Object.entries(directories).map(([name, path]) => diskOf(name, path).catch(unknown))),
  ]);
  return { openFds, maxFds, disks: disks.filter((disk) => disk !== null) };
}

function maxFdsIn(limits: string): number | null {
  const soft = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
  return soft === undefined ? null : Number(soft);
}

async function diskOf(directory: string, path: string) {
  const { bavail, blocks, bsize } = await statfs(path);
  return { directory, free: bavail * bsize, size: blocks * bsize };
}

function unknown(): null {
  return null;
}
