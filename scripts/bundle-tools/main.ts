// Bundles the command-line tools into a folder that is not there yet: node scripts/bundle-tools/main.ts FOLDER.
import { resolve } from "node:path";
import { writeBundle } from "./write-bundle.ts";

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write("Usage: main.ts FOLDER\n");
  process.exit(2);
}
await writeBundle(resolve(folder));
