/** Characters of a string that is remembered; longer ones hardly recur. */
const MAX_LENGTH = 64;
/** Strings of one generation; those of two are kept. */
const MAX_STRINGS = 2_048;

/**
 * Strings that were looked through, and hold nothing to hide: names, messages and users recur in line after line. Bounded, as
 * they come from outside, too: of those that came long ago each is forgotten that did not come again.
 */
export interface CleanStrings {
  has(text: string): boolean;
  remember(text: string): void;
}

export function createCleanStrings(): CleanStrings {
  let now = new Set<string>();
  let before: ReadonlySet<string> = new Set();

  function remember(text: string): void {
    if (text.length > MAX_LENGTH) {
      return;
    }
    if (now.size >= MAX_STRINGS) {
      before = now;
      now = new Set();
    }
    now.add(text);
  }

  return {
    has(text) {
      if (now.has(text)) {
        return true;
      }
      if (!before.has(text)) {
        return false;
      }
      remember(text);
      return true;
    },
    remember,
  };
}
