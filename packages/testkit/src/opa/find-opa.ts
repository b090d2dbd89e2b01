import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

const EXECUTABLE = process.platform === "win32" ? "opa.exe" : "opa";

/** Path of the `opa` executable on `PATH` or where `go install` puts it; `null` when there is none. */
export function findOpa(environment: NodeJS.ProcessEnv = process.env): string | null {
  const onPath = (environment["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return firstExecutable(onPath) ?? firstExecutable(goFolders(environment));
}

function firstExecutable(folders: readonly string[]): string | null {
  for (const folder of folders) {
    const path = join(folder, EXECUTABLE);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder.
    }
  }
  return null;
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
