import { rmSync } from "node:fs";
import { join } from "node:path";
import { blocksOf } from "../blocks.ts";
import { readPage } from "../pages.ts";
import { replaceAll, runScript, type ScriptRun } from "../run-script.ts";
import { writeShims } from "./shims.ts";

/** Where a page is executed, and with what. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string>>;
  /** What stands in the text, and what is meant here: addresses, ids. */
  readonly here: Readonly<Record<string, string>>;
  /** The same from where the page has started a gateway of its own, and the environment of that. */
  readonly own: {
    readonly here: Readonly<Record<string, string>>;
    readonly environment: Readonly<Record<string, string>>;
  };
  /** Copies of this repository: with the data of the gateway that runs in `.sark`, and without any. */
  readonly checkouts: { readonly shared: string; readonly own: string };
}

/**
 * Executes the shell blocks of a page in order, in one shell, in a folder that looks like a checkout. What the page
 * starts is ended with it.
 */
export function runPage(
  page: string,
  options: {
    readonly folder: string;
    readonly surroundings: Surroundings;
    /** What has to be there before: commands, in the same shell. */
    readonly before: string;
    /** The same for the gateway that the page starts itself. */
    readonly beforeStart: string;
  },
): Promise<ScriptRun> {
  const { folder, before, beforeStart } = options;
  const { environment, here, own, checkouts } = options.surroundings;
  for (const name of [".sark", "sark.json"]) {
    rmSync(join(checkouts.own, name), { recursive: true, force: true });
  }
  writeShims(join(folder, "shims"));
  const parts = [replaceAll(before, here)];
  let started = false;
  const executed = new Set<string>();
  for (const { language, text, line } of blocksOf(readPage(page))) {
    // A block that says the same as an earlier one is executed once: runbooks ask the same of many alerts.
    if (language !== "sh" || executed.has(text)) {
      continue;
    }
    executed.add(text);
    if (!started && /\bnpm start\b/.test(text)) {
      started = true;
      const exports = Object.entries(own.environment).map(([name, value]) => `export ${name}='${value}'`);
      parts.push(`cd '${checkouts.own}'`, ...exports, replaceAll(beforeStart, own.here));
    }
    parts.push(`AT=${page}:${line}`, `echo "== $AT $SECONDS"`, replaceAll(text, started ? own.here : here));
  }
  return runScript(parts, { folder, cwd: checkouts.shared, environment });
}
