import { execFileSync } from "node:child_process";
import { chmodSync, statfsSync } from "node:fs";

/** A disk that can be made full. */
export interface SmallDisk {
  fill(): void;
  empty(): void;
  unmount(): void;
}

const ROOMY = "size=75%";
/** More than anything writes between a look and a mount: what fails then has another reason. */
const MOST_SPARE_KIB = 512 * 1024;

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
      // No filler: the disk shrinks to what is used. Writers go on meanwhile, so that a try may come too late: each
      // leaves twice the room of the one before, which they fill.
      for (let spare = 0; ; spare = Math.max(64, spare * 2)) {
        const { blocks, bfree, bsize } = statfsSync(folder);
        try {
          mount("-o", `remount,size=${Math.ceil(((blocks - bfree) * bsize) / 1024) + spare}k`);
          return;
        } catch (error) {
          if (spare > MOST_SPARE_KIB) {
            throw error;
          }
        }
      }
    },
    empty: () => mount("-o", `remount,${ROOMY}`),
    unmount: () => void execFileSync("umount", ["--lazy", folder]),
  };
}
