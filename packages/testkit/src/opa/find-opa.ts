import { spawnSync } from "node:child_process";
import { delimiter, join } from "node:path";
import { findExecutable } from "../find-executable.ts";

/** Path of the `opa` executable on `PATH` or where `go install` puts it; `null` when there is none. */
export function findOpa(environment: NodeJS.ProcessEnv = process.env): string | null {
  return findExecutable("opa", environment, () => goFolders(environment));
}

function goFolders(environment: NodeJS.ProcessEnv): string[] {
  const { status, stdout } = spawnSync("go", ["env", "GOBIN", "GOPATH"], {
    env: environment,
    encoding: "utf8",
  });
  if (status !== 0) return [];
  const [bin = "", path = ""] = stdout.split("\n");
  return [bin, ...path.split(delimiter).map((folder) => folder && join(folder, "bin"))].filter(
    (folder) => folder !== "",
  );
}
