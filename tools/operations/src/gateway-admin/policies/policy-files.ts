import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { CommandError, EXIT } from "../../exit-code.ts";

export interface PolicyFile {
  readonly name: string;
  readonly text: string;
}

const IS_POLICY = /^[^.].*\.cedar$|^schema\.cedarschema$|^entities\.json$/;

/** The files of a policy folder, or one file. Throws a `CommandError` where there are none, or they cannot be read. */
export function readPolicyFiles(path: string): PolicyFile[] {
  try {
    const paths = statSync(path).isDirectory()
      ? readdirSync(path)
          .filter((name) => IS_POLICY.test(name))
          .toSorted()
          .map((name) => join(path, name))
      : [path];
    if (paths.length === 0) {
      throw new CommandError(EXIT.usage, `There are no policies (*.cedar) in ${path}.`);
    }
    return paths.map((one) => ({ name: basename(one), text: readFileSync(one, "utf8") }));
  } catch (cause) {
    if (cause instanceof CommandError) {
      throw cause;
    }
    const { code = "" } = cause as NodeJS.ErrnoException;
    throw new CommandError(EXIT.usage, `Cannot read the policies in ${path} (${code}).`, { cause });
  }
}
