import { globSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

/** What is generated from code: texts of files, by their paths from the root. */
export type GeneratedFiles = Readonly<Record<string, string>>;

/** Those whose text in `root` is another one, or that are not there. */
export function staleFiles(generated: GeneratedFiles, root: string): string[] {
  return Object.keys(generated).filter((file) => read(join(root, file)) !== generated[file]);
}

/** Folders of which every file is generated, though it cannot say so: JSON has no comments. */
const WHOLLY_GENERATED = /^monitoring\/grafana\/dashboards\//;
/** In the first lines of a file that is generated. */
const SAYS_SO = /^\W*(?:Generated|Written)\b.*npm run generate/m;
const HEAD_LENGTH = 400;

/** What says that it is generated, and is not any more. */
export function leftOverFiles(generated: GeneratedFiles, root: string): string[] {
  return globSync("{deployment,docs,monitoring}/**/*", {
    cwd: root,
    withFileTypes: true,
    // A link is another name of what is looked at in its own place.
    exclude: (entry) => entry.isSymbolicLink() || entry.name === "node_modules" || entry.name === "dist",
  })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter(
      (file) =>
        !Object.hasOwn(generated, file) &&
        (WHOLLY_GENERATED.test(file) || SAYS_SO.test(read(join(root, file))?.slice(0, HEAD_LENGTH) ?? "")),
    );
}

/** `undefined` where there is no such file. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      return undefined;
    }
    throw error;
  }
}
