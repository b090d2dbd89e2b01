import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { packagesOf } from "./third-party-notices.ts";

/** The packages of others that a bundle is made of, in CycloneDX 1.5, with the digests of the lock file in `root`. */
export function billOfMaterials(root: string, modules: readonly string[]): string {
  const { version } = read(join(root, "tools/operations/package.json")) as Manifest;
  const { packages } = read(join(root, "package-lock.json")) as LockFile;
  const components = packagesOf(modules).map((folder) => {
    const { name, version: its, license } = read(join(folder, "package.json")) as Manifest;
    const purl = `pkg:npm/${name.replace("@", "%40")}@${its}`;
    const digest = packages[relative(root, folder)]?.integrity?.replace(/^sha512-/, "");
    return {
      type: "library",
      "bom-ref": purl,
      name,
      version: its,
      purl,
      licenses: [{ license: { id: license } }],
      ...(digest !== undefined && {
        hashes: [{ alg: "SHA-512", content: Buffer.from(digest, "base64").toString("hex") }],
      }),
    };
  });
  const bill = {
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    version: 1,
    metadata: { component: { type: "application", name: "sark-tools", version } },
    components,
  };
  return `${JSON.stringify(bill, null, 2)}\n`;
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
}

interface LockFile {
  readonly packages: Readonly<Record<string, { readonly integrity?: string }>>;
}

function read(file: string): unknown {
  return JSON.parse(readFileSync(file, "utf8"));
}
