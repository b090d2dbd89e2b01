// Builds the libraries and the command lines, and packs them: `dist/packages/*.tgz`, ready for `npm publish FILE`.
import { join } from "node:path";
import { root } from "./build-library.ts";
import { buildTools, TOOLS_STAGE } from "./build-tools.ts";
import { packFolder, packLibraries } from "./pack-libraries.ts";

for (const tarball of packLibraries()) {
  console.log(tarball);
}
await buildTools();
console.log(packFolder(TOOLS_STAGE, join(root, "dist/packages")));
