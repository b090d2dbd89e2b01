import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A file system of its own, small enough to be filled. */
export interface SmallDisk {
  readonly path: string;
  /** Leaves less than a tenth of it free. */
  fill(): void;
  empty(): void;
}

const SIZE = "64m";

/** A tmpfs, which takes root to mount. */
export function mountSmallDisk(
  ground: { readonly folder: string; undo(step: () => unknown): void },
  name: string,
): SmallDisk {
  const path = join(ground.folder, name);
  mkdirSync(path);
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${SIZE},mode=0700`, "sark-incident", path]);
  // What still has a file open there keeps no one from the end.
  ground.undo(() => execFileSync("umount", ["--lazy", path]));
  const ballast = join(path, "ballast");
  return {
    path,
    fill() {
      const { bavail, blocks, bsize } = statfsSync(path);
      writeFileSync(ballast, Buffer.alloc(Math.max(0, (bavail - blocks * 0.08) * bsize)));
    },
    empty: () => rmSync(ballast, { force: true }),
  };
}
