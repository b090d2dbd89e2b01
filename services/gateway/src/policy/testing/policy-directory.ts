import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A policy folder of a test's own. */
export interface PolicyDirectory {
  readonly path: string;
  write(name: string, text: string): Promise<void>;
  /** As editors do it: a draft beside it, moved over it. */
  replace(name: string, text: string): Promise<void>;
  remove(name: string): Promise<void>;
  destroy(): Promise<void>;
}

export async function createPolicyDirectory(files: Record<string, string> = {}): Promise<PolicyDirectory> {
  const path = await mkdtemp(join(tmpdir(), "policies-"));
  const directory: PolicyDirectory = {
    path,
    write: (name, text) => writeFile(join(path, name), text),
    async replace(name, text) {
      await writeFile(join(path, `.${name}.swp`), text);
      await rename(join(path, `.${name}.swp`), join(path, name));
    },
    remove: (name) => rm(join(path, name)),
    destroy: () => rm(path, { recursive: true, force: true }),
  };
  for (const [name, text] of Object.entries(files)) {
    await directory.write(name, text);
  }
  return directory;
}
