import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "rolldown";

/**
 * Has `frame/package-facts.ts` say what is so in a bundle: the version is written in, and the dashboards are beside the code, as are
 * the scripts of completion, for which a shell would wait whenever it starts.
 */
export function factsOfBundle(sources: string): Plugin {
  const facts = join(sources, "frame/package-facts.ts");
  return {
    name: "facts-of-bundle",
    load(id) {
      if (id !== facts) {
        return null;
      }
      const manifest = readFileSync(join(sources, "../package.json"), "utf8");
      const { version } = JSON.parse(manifest) as { readonly version: string };
      return `import { readFileSync } from "node:fs";
export const writtenCompletion = (shell) => readFileSync(__dirname + "/completions/" + shell, "utf8");
export const toolVersion = () => ${JSON.stringify(version)};
export const ownDashboards = () => __dirname + "/dashboards";`;
    },
  };
}
