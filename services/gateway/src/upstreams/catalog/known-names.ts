import { foldSpelling } from "@sark/json";
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

/** Names alike: the same but for case, normalisation, what cannot be seen, `_` and `-`. */
export async function knownNames(names: readonly string[]): Promise<KnownNames> {
  const callable = names.filter((name) => name.length <= MAX_NAME);
  const exact = new Set(callable);
  const folds = new Set(await mapInSlices(callable, foldSpelling));
  return {
    has: (name) => exact.has(name),
    hasAlike: (name) => name.length <= MAX_NAME && folds.has(foldSpelling(name)),
  };
}
