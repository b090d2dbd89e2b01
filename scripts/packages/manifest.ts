/** What the scripts read of a library's `package.json`. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly exports: Readonly<Record<string, string>>;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly [other: string]: unknown;
}

/** For this repository alone: what its tests stand on, and the pages that its scripts write. */
const UNPUBLISHED: ReadonlySet<string> = new Set(["./testing", "./reference"]);

const SOURCE = /^\.\/src\/(.+)\.ts$/;

/**
 * The `package.json` that is published, of the one in the repository: what is exported is what `tsc` wrote to `dist`,
 * with its types. Versions of dependencies become ranges (`1.2.3` to `^1.2.3`), so that an application has one copy of
 * what it uses itself and gets fixes without us. What only the repository needs is left out.
 */
export function publishedManifest(source: Manifest): Record<string, unknown> {
  const {
    private: _private,
    scripts: _scripts,
    devDependencies: _dev,
    exports,
    dependencies,
    ...rest
  } = source;
  return {
    ...rest,
    // Who installs it can look up from which commit, by which job it was built.
    publishConfig: { access: "public", provenance: true },
    exports: {
      ...Object.fromEntries(
        publishedExports(exports).map(([subpath, file]) => [subpath, built(subpath, file)]),
      ),
      "./package.json": "./package.json",
    },
    dependencies: Object.fromEntries(
      Object.entries(dependencies ?? {}).map(([name, version]) => [name, range(version)]),
    ),
  };
}

/** The sources that a library exports, from its folder. */
export function exportedSources({ exports }: Manifest): string[] {
  return publishedExports(exports).map(([, file]) => file);
}

function publishedExports(exports: Manifest["exports"]): [subpath: string, file: string][] {
  return Object.entries(exports).filter(([subpath]) => !UNPUBLISHED.has(subpath));
}

function built(subpath: string, file: string): { readonly types: string; readonly default: string } {
  const name = SOURCE.exec(file)?.[1];
  if (name === undefined) {
    throw new Error(`The export "${subpath}" is ${file}: give a source below ./src/.`);
  }
  return { types: `./dist/${name}.d.ts`, default: `./dist/${name}.js` };
}

function range(version: string): string {
  return /^\d/.test(version) ? `^${version}` : version;
}
