import {
  copyFileSync,
  globSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";

const PROJECTS = ["{packages,services,tools}/*", "tests", "bench", "scripts"];

/**
 * Copies what the compiler has left where `npm run check` ran: in the copy it then looks only at what is not the same,
 * which it tells by the times and contents of files. Where that is missing or old, it looks at everything.
 */
export function copyCompiled(root: string, folder: string): void {
  for (const file of compiled(root, "dist/**/*.d.ts")) {
    copyWithTime(join(root, file), join(folder, file));
  }
  for (const file of compiled(root, "{,dist/}*.tsbuildinfo")) {
    const to = join(folder, file);
    copyWithTime(join(root, file), to);
    // It names files from where it is. Those of dependencies are not in the copy, which only links to them.
    const installed = relative(dirname(to), join(root, "node_modules"));
    change(to, (text) => text.replaceAll(/"(?:\.\.\/)+node_modules\//g, `"${installed}/`));
  }
}

function compiled(root: string, pattern: string): string[] {
  return globSync(
    PROJECTS.map((project) => join(project, pattern)),
    { cwd: root },
  );
}

export function copyWithTime(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  if (lstatSync(from).isSymbolicLink()) {
    // It leads to the same place in the copy.
    symlinkSync(readlinkSync(from), to);
    return;
  }
  copyFileSync(from, to);
  const { atime, mtime } = statSync(from);
  utimesSync(to, atime, mtime);
}

/** Leaves its time as it is. */
function change(file: string, edit: (text: string) => string): void {
  const { atime, mtime } = statSync(file);
  writeFileSync(file, edit(readFileSync(file, "utf8")));
  utimesSync(file, atime, mtime);
}
