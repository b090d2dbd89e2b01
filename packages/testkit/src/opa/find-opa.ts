import { findExecutable } from "../find-executable.ts";
import { goFolders } from "../go-folders.ts";

/** Path of the `opa` executable on `PATH` or where `go install` puts it; `null` when there is none. */
export function findOpa(environment: NodeJS.ProcessEnv = process.env): string | null {
  return findExecutable("opa", environment, () => goFolders(environment));
}
