import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { copyCompiled, copyWithTime } from "./copy-compiled.ts";

const root = realpathSync(join(import.meta.dirname, "../.."));

/** A copy of this repository to change: its files as they are now, and its dependencies by reference. */
export interface ScratchCopy {
  readonly folder: string;
  remove(): void;
}

export function makeScratchCopy(): ScratchCopy {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "sark-scratch-")));
  // The gateway's server account may have to read it.
  chmodSync(folder, 0o755);
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  for (const file of listed.split("\0").filter((name) => name !== "" && existsSync(join(root, name)))) {
    copyWithTime(join(root, file), join(folder, file));
  }
  copyCompiled(root, folder);
  const workspaces = ["packages", "services", "tools"]
    .flatMap((parent) => readdirSync(join(root, parent)).map((name) => join(parent, name)))
    .concat("tests", "bench", ".");
  for (const workspace of workspaces) {
    linkDependencies(join(root, workspace, "node_modules"), join(folder, workspace, "node_modules"), folder);
  }
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Links what is installed; packages of this repository are those of the copy. */
function linkDependencies(from: string, to: string, folder: string): void {
  if (!existsSync(from)) {
    return;
  }
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from).filter((one) => one !== ".cache")) {
    const target = realpathSync(join(from, name));
    if (name === "@sark") {
      mkdirSync(join(to, name));
      for (const own of readdirSync(join(from, name))) {
        const source = realpathSync(join(from, name, own));
        symlinkSync(join(folder, relative(root, source)), join(to, name, own));
      }
    } else {
      symlinkSync(target, join(to, name));
    }
  }
}
