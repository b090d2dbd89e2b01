import { spawnSync } from "node:child_process";
import { delimiter, join } from "node:path";

/** Where `go install` puts executables; none without Go. */
export function goFolders(environment: NodeJS.ProcessEnv): string[] {
  const { status, stdout } = spawnSync("go", ["env", "GOBIN", "GOPATH"], {
    env: environment,
    encoding: "utf8",
  });
  if (status !== 0) {
    return [];
  }
  const [bin = "", path = ""] = stdout.split("\n");
  return [bin, ...path.split(delimiter).map((folder) => folder && join(folder, "bin"))].filter(
    (folder) => folder !== "",
  );
}
