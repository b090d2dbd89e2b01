import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Path of an executable on `PATH`, or else in one of the further folders; `null` when it is nowhere. */
export function findExecutable(
  name: string,
  environment: NodeJS.ProcessEnv,
  further: () => readonly string[] = () => [],
): string | null {
  const file = process.platform === "win32" ? `${name}.exe` : name;
  const onPath = (environment["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return firstExecutable(file, onPath) ?? firstExecutable(file, further());
}

function firstExecutable(file: string, folders: readonly string[]): string | null {
  for (const folder of folders) {
    const path = join(folder, file);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder.
    }
  }
  return null;
}
