import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TOOL_NAMES } from "../bundle-tools/bundled-tools.ts";
import { NODE_MAJOR, writeBundle } from "../bundle-tools/write-bundle.ts";
import { root } from "./build-library.ts";

/** Where the command lines are put together, to be packed: the folder is the package. */
export const TOOLS_STAGE = join(root, "dist/packages/operations");

/** Puts the command lines together as they are published: one bundle, and nothing to install beside it. */
export async function buildTools(stage = TOOLS_STAGE): Promise<void> {
  rmSync(stage, { recursive: true, force: true });
  mkdirSync(stage, { recursive: true });
  await writeBundle(join(stage, "bundle"));
  const { name, version, description, license } = JSON.parse(
    readFileSync(join(root, "tools/operations/package.json"), "utf8"),
  ) as Readonly<Record<string, string>>;
  const manifest = {
    name,
    version,
    description,
    license,
    bin: Object.fromEntries(TOOL_NAMES.map((tool) => [tool, `bundle/${tool}.cjs`])),
    files: ["bundle", "CHANGELOG.md"],
    engines: { node: `>=${NODE_MAJOR}` },
  };
  writeFileSync(join(stage, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  cpSync(join(root, "tools/operations/README.md"), join(stage, "README.md"));
  for (const file of ["LICENSE", "CHANGELOG.md"]) {
    cpSync(join(root, file), join(stage, file));
  }
}
