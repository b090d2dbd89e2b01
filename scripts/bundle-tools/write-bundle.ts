import { cpSync, globSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rolldown, type Plugin } from "rolldown";
import { bundledTool, TOOL_NAMES } from "./bundled-tools.ts";
import { factsOfBundle } from "./facts-of-bundle.ts";
import { thirdPartyNotices } from "./third-party-notices.ts";

export const ROOT = join(import.meta.dirname, "../..");
const SOURCES = join(ROOT, "tools/operations/src");
const DASHBOARDS = "monitoring/grafana/dashboards";

/**
 * What commands have in common, each in one file: to open a file takes longer than to read it. Of all commands what finds the
 * one that is named; of each what reads its options and asks a gateway. The rest stays apart, as not every command needs it.
 */
const SHARED = [
  {
    name: "frame",
    test: /operations\/src\/(?:frame\/(?:run-tool|build-tool)|[\w-]+\/tool|gateway-admin\/[\w-]+\/table)\.ts$|rolldown\/runtime/,
    priority: 3,
  },
  {
    name: "command",
    test: /operations\/src\/(?:frame\/(?:command-help|define-command)|gateway-client\/(?:client|responses)|time\/[\w-]+|flags|terminal\/[\w-]+)\.ts$/,
    priority: 2,
  },
  { name: "options", test: /operations\/src\/frame\/run-command\.ts$|@stricli/, priority: 1 },
];

/**
 * Bundles the command-line tools into `folder`: `TOOL.cjs` starts one; nothing else has to be installed. Returns the files that it
 * was made of.
 *
 * CommonJS, because an ES module that imports `node:http` has all that it exports loaded, `fetch` with it, which takes longer
 * than most commands. Each command is a file of its own, so that nothing is read which is not run.
 */
export async function writeBundle(folder: string): Promise<readonly string[]> {
  const read = new Set<string>();
  const bundle = await rolldown({
    cwd: ROOT,
    input: Object.fromEntries(TOOL_NAMES.map((name) => [name, `\0tool:${name}`])),
    platform: "node",
    plugins: [bundledTool(SOURCES), factsOfBundle(SOURCES), notes(read)],
    // A peer that pg loads where it is installed.
    external: ["pg-native"],
    // `completion` loads the tables of all tools, each of which is a tool's own beginning.
    checks: { ineffectiveDynamicImport: false },
  });
  const { output } = await bundle.write({
    dir: folder,
    format: "cjs",
    entryFileNames: "[name].main.cjs",
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
  writeFileSync(
    join(folder, "THIRD-PARTY-NOTICES"),
    thirdPartyNotices(output.flatMap((one) => (one.type === "chunk" ? one.moduleIds : []))),
  );
  for (const name of TOOL_NAMES) {
    writeFileSync(join(folder, `${name}.cjs`), starter(name), { mode: 0o755 });
  }
  return [...read, ...dashboards.map((file) => join(ROOT, file))];
}

/** Notes every module that is read, also those of which nothing is left in the end. */
function notes(read: Set<string>): Plugin {
  return {
    name: "notes",
    moduleParsed({ id }) {
      if (!id.startsWith("\0")) {
        read.add(id);
      }
    },
  };
}

/**
 * What is compiled is kept beside the code, where only those can write who could change the code itself. Where it cannot be
 * kept, Node.js goes on without.
 */
function starter(name: string): string {
  return `#!/usr/bin/env node
require("node:module").enableCompileCache?.(require("node:path").join(__dirname, ".compiled"));
require("./${name}.main.cjs");
`;
}
