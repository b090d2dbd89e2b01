import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { buildLibrary, LIBRARIES, root, stageOf } from "./build-library.ts";

/** Builds and packs every library; gives the paths of the tarballs. */
export function packLibraries(): string[] {
  return LIBRARIES.map((library) => {
    buildLibrary(library);
    return packFolder(stageOf(library), join(root, "dist/packages"));
  });
}

/** Packs a folder that is a package; gives the path of the tarball. */
export function packFolder(folder: string, destination: string): string {
  const output = execFileSync("npm", ["pack", "--json", "--pack-destination", destination], {
    cwd: folder,
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  return join(destination, packedFile(output));
}

/** npm 12 lists packages by name, earlier ones as an array. */
function packedFile(output: string): string {
  const packed = Object.values(JSON.parse(output) as Record<string, { readonly filename: string }>);
  const [first] = packed;
  if (first === undefined) {
    throw new Error("npm packed nothing");
  }
  return first.filename;
}
