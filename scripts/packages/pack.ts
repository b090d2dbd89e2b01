// Builds the libraries and packs them: `dist/packages/*.tgz`, ready for `npm publish FILE`.
import { packLibraries } from "./pack-libraries.ts";

for (const tarball of packLibraries()) {
  console.log(tarball);
}
