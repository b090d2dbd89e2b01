import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** What a script did. */
export interface ScriptRun {
  /** Each command that failed, with its place in the documentation and its exit code. */
  readonly failures: readonly string[];
  readonly output: string;
  /** Lines that programs in place of others left in a file of the script's folder. */
  notes(file: string): readonly string[];
}

/** Notes each command that fails, and goes on; ends what was started, the last one first: it may have something to say to those before. */
const HEAD = `
set -u -o pipefail -E
AT=
trap 'echo "$AT: exit code $?: $BASH_COMMAND" | tee -a "$WORK/failures"' ERR
trap 'trap - ERR; while read -r pid; do kill -- "-$pid" 2> /dev/null || kill "$pid" 2> /dev/null; tail --pid="$pid" -f /dev/null; done < <(tac "$WORK/pids" 2> /dev/null)' EXIT
`;

/** Runs the parts in one shell, with the programs of `folder/shims` before all others. */
export async function runScript(
  parts: readonly string[],
  options: {
    readonly folder: string;
    readonly cwd: string;
    readonly environment: Readonly<Record<string, string>>;
    /** Is told what is printed, as it comes. */
    onOutput?(text: string): void;
  },
): Promise<ScriptRun> {
  const { folder, cwd, environment } = options;
  const file = join(folder, "script.sh");
  writeFileSync(file, [HEAD, ...parts].join("\n"));
  const { NODE_COMPILE_CACHE = "", PATH = "" } = process.env;
  const child = spawn("bash", [file], {
    cwd,
    env: {
      NODE_COMPILE_CACHE,
      HOME: folder,
      ...environment,
      WORK: folder,
      PATH: [join(folder, "shims"), dirname(process.execPath), PATH].join(":"),
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const take = (chunk: string): void => {
    output += chunk;
    options.onOutput?.(chunk);
  };
  child.stdout.setEncoding("utf8").on("data", take);
  child.stderr.setEncoding("utf8").on("data", take);
  await once(child, "close");
  const notes = (name: string): string[] => {
    const path = join(folder, name);
    return existsSync(path) ? readFileSync(path, "utf8").split("\n").filter(Boolean) : [];
  };
  return { failures: notes("failures"), output, notes };
}

/** The text with what is meant here in place of what it says; in the order of the replacements. */
export function replaceAll(text: string, replacements: Readonly<Record<string, string>>): string {
  return Object.entries(replacements).reduce((written, [from, to]) => written.replaceAll(from, to), text);
}
