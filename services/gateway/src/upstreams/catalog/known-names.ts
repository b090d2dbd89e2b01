import { foldName } from "@sark/json";
import { mapInSlices } from "@sark/scheduling";

/** The tools that a server is known to have. */
export interface KnownNames {
  has(name: string): boolean;
  /** Whether a server that is not exact about names could take this one for one of them; each of them is alike, too. */
  hasAlike(name: string): boolean;
}

/** No longer name can be called, and folding takes its time for each character. */
const MAX_NAME = 256;

export const NO_NAMES: KnownNames = { has: () => false, hasAlike: () => false };

/** What MCP asks of a tool's name. */
const WELL_FORMED = /^[\w.-]+$/;

/**
 * Names alike: the same but for case, normalisation, accents, what cannot be seen, and all that is neither letter nor digit. So is
 * a name that is not well-formed and is none of them: servers that make identifiers of names, decode escapes in them or write them in
 * Latin letters could take it for any.
 */
export async function knownNames(names: readonly string[]): Promise<KnownNames> {
  const callable = names.filter((name) => name.length <= MAX_NAME);
  const exact = new Set(callable);
  const folds = new Set(await mapInSlices(callable, lettersOf));
  return {
    has: (name) => exact.has(name),
    hasAlike: (name) =>
      exact.size > 0 && name.length <= MAX_NAME && (!WELL_FORMED.test(name) || folds.has(lettersOf(name))),
  };
}

function lettersOf(name: string): string {
  return foldName(name).replaceAll(/[^\p{L}\p{N}]/gu, "");
}
