import { readFileSync } from "node:fs";
import { join } from "node:path";
import { LIBRARIES, root } from "./build-library.ts";

export interface QuickStart {
  /** A file name that tells whose it is. */
  readonly name: string;
  readonly source: string;
}

/** Every example in TypeScript of the libraries' READMEs. */
export function quickStarts(): QuickStart[] {
  return LIBRARIES.flatMap((library) => {
    const readme = readFileSync(join(root, "packages", library, "README.md"), "utf8");
    return [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, source = ""], at) => ({
      name: `${library}-${at + 1}.ts`,
      source,
    }));
  });
}
