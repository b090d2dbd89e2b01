// Gate: one of each. What single-places/places.ts lists is spelled where it is at home, and called from everywhere else.
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { findStrays } from "./single-places/find-strays.ts";
import { SINGLE_PLACES } from "./single-places/places.ts";

const root = join(import.meta.dirname, "..");
const files = globSync("{packages,services,tools}/*/src/**/*.ts", {
  cwd: root,
  // Tests and stand-ins of other systems do things their own way: on purpose, or as a second opinion.
  exclude: (path) =>
    /node_modules|\.test\.ts$|\/testing(?:\/|$)|^packages\/testkit|^packages\/embedded-postgres/.test(path),
});
const strays = files.flatMap((file) =>
  findStrays(file, readFileSync(join(root, file), "utf8"), SINGLE_PLACES),
);
for (const stray of strays) {
  console.error(stray);
}
if (strays.length > 0) {
  process.exitCode = 1;
}
