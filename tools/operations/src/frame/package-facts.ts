import { readFileSync } from "node:fs";
import { join } from "node:path";

// What of the package is beside the code. A bundle has a module of its own in the place of this one
// (`scripts/bundle-tools/facts-of-bundle.ts`), with the same exports: there, other things are beside it.

/** Version of the tools. */
export function toolVersion(): string {
  const manifest = readFileSync(join(import.meta.dirname, "../../package.json"), "utf8");
  return (JSON.parse(manifest) as { readonly version: string }).version;
}

/** The script that completes command lines in this shell, where it was written beforehand; `null` here, where definitions change. */
export function writtenCompletion(_shell: string): string | null {
  return null;
}

/** Folder of the dashboards that come with the tools. */
export function ownDashboards(): string {
  return join(import.meta.dirname, "../../../../monitoring/grafana/dashboards");
}
