import { cpSync, globSync, mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { isAbsolute, join } from "node:path";
import { rolldown, type Plugin } from "rolldown";
import { billOfMaterials } from "./bill-of-materials.ts";
import { bundledTools, ENTRY, TOOL_NAMES } from "./bundled-tools.ts";
import { factsOfBundle } from "./facts-of-bundle.ts";
import { thirdPartyNotices } from "./third-party-notices.ts";

export const ROOT = join(import.meta.dirname, "../..");
const SOURCES = join(ROOT, "tools/operations/src");
const DASHBOARDS = "monitoring/grafana/dashboards";

/**
 * What commands have in common, each in one file: to open a file takes longer than to read it. Of all commands what finds the
 * one that is named; of each what reads its options, helps and asks a gateway. The rest stays apart, as not every command needs it.
 */
const SHARED = [
  {
    name: "frame",
    test: /operations\/src\/(?:frame\/(?:run-tool|build-tool)|[\w-]+\/tool|gateway-admin\/[\w-]+\/table)\.ts$|rolldown\/runtime/,
    priority: 3,
  },
  {
    name: "command",
    test: /operations\/src\/(?:frame\/(?:command-help|command-tree|define-command)|gateway-client\/(?:client|responses)|time\/[\w-]+|flags|terminal\/[\w-]+)\.ts$/,
    priority: 2,
  },
  { name: "options", test: /operations\/src\/frame\/run-command\.ts$|@stricli/, priority: 1 },
];

/** The files that a bundle was made of, by when a command line needs them. */
export interface BundledFiles {
  /** What finds the command that is named, of all tools: it runs whatever is asked. */
  readonly frame: readonly string[];
  /** What defines commands, and reads their options: it runs where one is named. */
  readonly definitions: readonly string[];
  /** What commands load when they run. */
  readonly rest: readonly string[];
}

interface Imports {
  /** What a module loads before it runs, by its id. */
  readonly static: readonly string[];
  /** What it may load then. */
  readonly dynamic: readonly string[];
}

/**
 * Bundles the command-line tools into `folder`: `TOOL.cjs` starts one; nothing else has to be installed.
 *
 * CommonJS, because an ES module that imports `node:http` has all that it exports loaded, `fetch` with it, which takes longer
 * than most commands. Each command is a file of its own, so that nothing is read which is not run.
 */
export async function writeBundle(folder: string): Promise<BundledFiles> {
  const read = new Map<string, Imports>();
  const bundle = await rolldown({
    cwd: ROOT,
    input: { tools: ENTRY },
    platform: "node",
    plugins: [bundledTools(SOURCES), factsOfBundle(SOURCES), notes(read)],
    // A peer that pg loads where it is installed.
    external: ["pg-native"],
    // `completion` loads the tables of all tools, each of which is a tool's own beginning.
    checks: { ineffectiveDynamicImport: false },
  });
  const { output } = await bundle.write({
    dir: folder,
    format: "cjs",
    entryFileNames: "[name].cjs",
    chunkFileNames: "[name]-[hash].cjs",
    codeSplitting: { groups: [...SHARED] },
    minify: { compress: true, mangle: true, codegen: { removeWhitespace: true } },
    // Errors say the names of classes.
    keepNames: true,
  });
  await bundle.close();
  mkdirSync(join(folder, "dashboards"), { recursive: true });
  const dashboards = globSync(`${DASHBOARDS}/*.json`, { cwd: ROOT });
  for (const file of dashboards) {
    cpSync(join(ROOT, file), join(folder, "dashboards", file.slice(DASHBOARDS.length + 1)));
  }
  const modules = output.flatMap((one) => (one.type === "chunk" ? one.moduleIds : []));
  writeFileSync(join(folder, "THIRD-PARTY-NOTICES"), thirdPartyNotices(modules));
  writeFileSync(join(folder, "sbom.cdx.json"), billOfMaterials(ROOT, modules));
  for (const name of TOOL_NAMES) {
    writeFileSync(join(folder, `${name}.cjs`), starter(name), { mode: 0o755 });
  }
  await writeCompletions(folder);
  return byNeed(
    read,
    dashboards.map((file) => join(ROOT, file)),
  );
}

/** By the bundle itself, from the commands in it. */
async function writeCompletions(folder: string): Promise<void> {
  const { completions } = createRequire(import.meta.url)(join(folder, "tools.cjs")) as {
    completions(): Promise<Readonly<Record<string, string>>>;
  };
  mkdirSync(join(folder, "completions"), { recursive: true });
  for (const [shell, script] of Object.entries(await completions())) {
    writeFileSync(join(folder, "completions", shell), script);
  }
}

function byNeed(read: ReadonlyMap<string, Imports>, others: readonly string[]): BundledFiles {
  const frame = importedBy([ENTRY], read);
  const definitions = importedBy(
    [...frame].flatMap((id) => read.get(id)?.dynamic ?? []),
    read,
  );
  const files = [...read.keys()].filter(isFile);
  return {
    frame: files.filter((id) => frame.has(id)),
    definitions: files.filter((id) => definitions.has(id) && !frame.has(id)),
    rest: [...files.filter((id) => !definitions.has(id) && !frame.has(id)), ...others],
  };
}

/** What the modules `entries` load before they run, themselves included. */
function importedBy(entries: readonly string[], read: ReadonlyMap<string, Imports>): ReadonlySet<string> {
  const found = new Set(entries);
  // The loop over a set comes to what is added meanwhile.
  for (const id of found) {
    for (const imported of read.get(id)?.static ?? []) {
      found.add(imported);
    }
  }
  return found;
}

/** Not a module that a plugin or the bundler makes, nor one of Node.js. */
function isFile(id: string): boolean {
  return isAbsolute(id);
}

/** Notes every module that is read, also those of which nothing is left in the end, and which it imports. */
function notes(read: Map<string, Imports>): Plugin {
  return {
    name: "notes",
    moduleParsed({ id, importedIds, dynamicallyImportedIds }) {
      read.set(id, { static: importedIds, dynamic: dynamicallyImportedIds });
    },
  };
}

/** What the tools run on: the published package names it, too. */
export const NODE_MAJOR = 24;

/**
 * What is compiled is kept beside the code, where only those can write who could change the code itself. Where it cannot be
 * kept, Node.js goes on without. npm installs on any version of Node.js, and of an older one some command would fail in its midst.
 */
function starter(name: string): string {
  return `#!/usr/bin/env node
if (parseInt(process.versions.node, 10) < ${NODE_MAJOR}) {
  console.error("${name}: needs Node.js ${NODE_MAJOR} or later, and this is %s.", process.versions.node);
  process.exitCode = 3;
} else {
  require("node:module").enableCompileCache(require("node:path").join(__dirname, ".compiled"));
  void require("./tools.cjs").start("${name}");
}
`;
}
