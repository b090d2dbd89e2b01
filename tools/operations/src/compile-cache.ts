import { enableCompileCache } from "node:module";
import { join } from "node:path";

/**
 * Keeps what is compiled of the modules that are imported from now on: to compile them takes longer than most commands.
 * It is kept with the packages, where only those can write who could change the code itself, and never in the folder for
 * temporary files, which all can write to. Where it cannot be kept, Node.js goes on without.
 */
export function keepCompiled(): void {
  enableCompileCache(join(import.meta.dirname, "../../../node_modules/.cache/node-compile"));
}
