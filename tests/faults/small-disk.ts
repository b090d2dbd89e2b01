import { execFileSync } from "node:child_process";
import { chmodSync, statfsSync } from "node:fs";

/** A disk that can be made full. */
export interface SmallDisk {
  fill(): void;
  empty(): void;
  unmount(): void;
}

const ROOMY = "size=75%";

/** Mounts a tmpfs on the folder; `null` where that is not permitted. */
export function mountSmallDisk(folder: string): SmallDisk | null {
  const mount = (...args: string[]): void =>
    void execFileSync("mount", [...args, folder], { stdio: ["ignore", "ignore", "ignore"] });
  try {
    mount("-t", "tmpfs", "-o", ROOMY, "tmpfs");
  } catch {
    return null;
  }
  chmodSync(folder, 0o755);
  return {
    fill() {
      // No filler: the disk shrinks to what is used. Writers go on meanwhile, so that a try may come too late.
      for (let attempt = 0; ; attempt += 1) {
        const { blocks, bfree, bsize } = statfsSync(folder);
        const spare = attempt * 64;
        try {
          mount("-o", `remount,size=${Math.ceil(((blocks - bfree) * bsize) / 1024) + spare}k`);
          return;
        } catch (error) {
          if (attempt === 20) {
            throw error;
          }
        }
      }
    },
    empty: () => mount("-o", `remount,${ROOMY}`),
    unmount: () => void execFileSync("umount", ["--lazy", folder]),
  };
}
