import { execFileSync } from "node:child_process";
import { join } from "node:path";

/**
 * Installs what is missing, as `npm test` does, also for who runs vitest itself: tests run scripts through npm, and
 * the first of them would install it then, under the feet of all that run meanwhile.
 */
export function setup(): void {
  execFileSync(process.execPath, [join(import.meta.dirname, "setup.mjs")], { stdio: ["ignore", 2, 2] });
}
