import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * The licenses of the packages of others that modules are from, as their authors want them to come along. Throws for one whose
 * license is not found: it has to be looked at.
 */
export function thirdPartyNotices(modules: readonly string[]): string {
  const notices = packagesOf(modules).map((folder) => {
    const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
    const { name, version, license } = manifest;
    return `${name} ${version} (${license})\n\n${licenseText(folder, manifest).trim()}\n`;
  });
  return notices.join(`\n${"-".repeat(80)}\n\n`);
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
}

function licenseText(folder: string, { name, license }: Manifest): string {
  const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
  if (file !== undefined) {
    return readFileSync(join(folder, file), "utf8");
  }
  const section = /^#+ licen[cs]e\s+(.{200,})/ims.exec(readFileSync(join(folder, "README.md"), "utf8"))?.[1];
  if (section !== undefined) {
    return section;
  }
  // Its text is that of our own, which is in the package.
  if (license === "Apache-2.0") {
    return "Under the Apache License, Version 2.0, whose text is in the file LICENSE.";
  }
  throw new Error(`${name} (${license}) is bundled, and says nowhere which license it has`);
}

/** Folders of the packages of others that modules are from. */
export function packagesOf(modules: readonly string[]): readonly string[] {
  return [...new Set(modules.filter((file) => file.includes("/node_modules/")).map(packageOf))].toSorted();
}

/** The folder of the package that a module is of: the nearest manifest with a name. */
function packageOf(file: string): string {
  let folder = dirname(file);
  while (!isPackage(folder)) {
    folder = dirname(folder);
  }
  return folder;
}

function isPackage(folder: string): boolean {
  const manifest = join(folder, "package.json");
  return existsSync(manifest) && "version" in (JSON.parse(readFileSync(manifest, "utf8")) as object);
}
