import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

interface PublishedManifest {
  readonly exports: Readonly<Record<string, string | { readonly types: string }>>;
}

const REEXPORT = /export (?:type )?\{([^}]*)\} from "([^"]+)";/g;

/** Names that the library in this folder exports without saying what they are, as its types show. */
export function undocumentedExports(folder: string): string[] {
  const { exports } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as PublishedManifest;
  return Object.values(exports).flatMap((target) => {
    if (typeof target === "string") {
      return [];
    }
    const file = join(folder, target.types);
    return [...readFileSync(file, "utf8").matchAll(REEXPORT)].flatMap(([, names = "", from = ""]) => {
      const declared = join(dirname(file), from.replace(/\.ts$/, ".d.ts"));
      return undocumented(readFileSync(declared, "utf8"), names).map(
        (name) => `${name} (${relative(folder, declared)}) has no doc comment`,
      );
    });
  });
}

/** The names, as `a, type B, c as d` lists them, whose declaration no doc comment stands before. */
function undocumented(types: string, names: string): string[] {
  return names
    .split(",")
    .map((entry) =>
      entry
        .trim()
        .replace(/^type /, "")
        .replace(/ as .*$/, ""),
    )
    .filter((name) => name !== "")
    .filter((name) => {
      const declaration = new RegExp(
        `\\*/\\s*export (?:declare )?(?:const|function|class|interface|type|abstract class) ${name}\\b`,
      );
      return !declaration.test(types);
    });
}
