/** What the demo has to show, and whether it did. */
export interface Checks {
  /** Gives the text back, marked where it is not what was to be seen. */
  seen(what: string, text: string, isSeen: boolean): string;
  readonly all: readonly { readonly what: string; readonly isSeen: boolean }[];
}

export function createChecks(): Checks {
  const all: { readonly what: string; readonly isSeen: boolean }[] = [];
  return {
    all,
    seen(what, text, isSeen) {
      all.push({ what, isSeen });
      return isSeen ? text : `NOT AS EXPECTED: ${text}`;
    },
  };
}
