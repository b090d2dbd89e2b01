import { readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { CommandError, EXIT } from "../exit-code.ts";
import type { Environment } from "../terminal/style.ts";

/** A gateway, and what watches it, by a name of one's own. */
export interface Profile {
  readonly url?: string;
  /** Relative to the file of profiles. */
  readonly keyFile?: string;
  readonly apiKey?: string;
  /** URL of the Prometheus that scrapes it. */
  readonly prometheus?: string;
}

const MEMBERS = ["url", "keyFile", "apiKey", "prometheus"] as const;
/** Group and others. */
const OPEN_TO_OTHERS = 0o077;

/**
 * The profile of a name, from the file in `SARK_PROFILES`, else `sark/profiles.json` in `XDG_CONFIG_HOME` or `~/.config`.
 * Throws a `CommandError` where there is none, where the file holds something else, and where it holds an API key and
 * others than its owner may read it.
 */
export function readProfile(name: string, environment: Environment): Profile {
  const file = environment["SARK_PROFILES"] || join(configurationFolder(environment), "sark/profiles.json");
  const profiles = parseProfiles(readText(file), file);
  const profile = profiles.get(name);
  if (profile === undefined) {
    throw new CommandError(
      EXIT.usage,
      `${file} has no profile ${JSON.stringify(name)}. It has: ${[...profiles.keys()].join(", ") || "none"}.`,
    );
  }
  if ([...profiles.values()].some(({ apiKey }) => apiKey !== undefined)) {
    refuseOpenFile(file);
  }
  const { keyFile } = profile;
  return keyFile === undefined ? profile : { ...profile, keyFile: resolve(dirname(file), keyFile) };
}

function configurationFolder(environment: Environment): string {
  return environment["XDG_CONFIG_HOME"] || join(environment["HOME"] || ".", ".config");
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    const { code = "" } = cause as NodeJS.ErrnoException;
    throw new CommandError(
      EXIT.usage,
      `Cannot read the profiles in ${file} (${code}): SARK_PROFILES names another file.`,
      { cause },
    );
  }
}

function refuseOpenFile(file: string): void {
  const { mode } = statSync(file);
  if (process.platform !== "win32" && (mode & OPEN_TO_OTHERS) !== 0) {
    throw new CommandError(
      EXIT.usage,
      `${file} holds an API key, and others may read it: chmod 600 ${file}, or name a keyFile in its place.`,
    );
  }
}

/** What is wrong is named by its place: the text itself may hold a key. */
function parseProfiles(text: string, file: string): ReadonlyMap<string, Profile> {
  const wrong = (where: string) =>
    new CommandError(
      EXIT.usage,
      `${file}: ${where} should look like {"profiles": {"staging": {"url": "https://…", "keyFile": "staging.key"}}}, with ${MEMBERS.join(", ")}.`,
    );
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw wrong("it");
  }
  const { profiles } = Object(value) as { readonly profiles?: unknown };
  if (!isObject(profiles)) {
    throw wrong("it");
  }
  return new Map(
    Object.entries(profiles).map(([name, profile]) => {
      if (!isObject(profile) || !Object.entries(profile).every(isMember)) {
        throw wrong(`the profile ${JSON.stringify(name)}`);
      }
      return [name, profile];
    }),
  );
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isMember([name, value]: readonly [string, unknown]): boolean {
  return (MEMBERS as readonly string[]).includes(name) && typeof value === "string" && value !== "";
}
