import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { parseSync } from "oxc-parser";

export interface Import {
  /** The importing file, from the repository's root. */
  readonly from: string;
  /** What is imported: a file of the repository, or the specifier of a package. */
  readonly to: string;
}

/** What a file imports, exports from and loads; type imports count: who reads a file has to read those files, too. */
export function readImports(root: string, file: string): Import[] {
  const text = readFileSync(join(root, file), "utf8");
  const { module, errors } = parseSync(file, text);
  if (errors[0] !== undefined) {
    throw new Error(`${file}: ${errors[0].message}`);
  }
  const specifiers = [
    ...module.staticImports.map(({ moduleRequest }) => moduleRequest.value),
    ...module.staticExports.flatMap(({ entries }) =>
      entries.flatMap(({ moduleRequest }) => (moduleRequest === null ? [] : [moduleRequest.value])),
    ),
    ...module.dynamicImports.flatMap(({ moduleRequest: { start, end } }) => literal(text.slice(start, end))),
  ];
  return [...new Set(specifiers)].map((specifier) => ({ from: file, to: resolve(file, specifier) }));
}

/** The specifier of an `import()`, unless it is computed. */
function literal(expression: string): string[] {
  return /^(["'`])[^"'`$]*\1$/.test(expression) ? [expression.slice(1, -1)] : [];
}

function resolve(file: string, specifier: string): string {
  return specifier.startsWith(".") ? normalize(join(dirname(file), specifier)) : specifier;
}
