import { lineOf } from "../line-of.ts";

export interface BannedWord {
  readonly word: string;
  readonly pattern: RegExp;
}

export interface Use {
  readonly word: string;
  /** From 1. */
  readonly line: number;
}

/** Short ones are parts of other words ("forgone"): they count alone only. */
const SHORT = 5;

/** The words in backticks of the glossary's last column, and of the line below it. */
export function bannedWords(architecture: string): BannedWord[] {
  const glossary = architecture.slice(architecture.indexOf("## Glossary"));
  const rows = [...glossary.matchAll(/^\|.*\|([^|]*)\|$/gm)].map(([, last = ""]) => last);
  const below = /^Plain English:.*$/m.exec(glossary)?.[0] ?? "";
  const words = [...[...rows, below].join(" ").matchAll(/`([a-z ]+)`/g)].map(([, word = ""]) => word);
  if (words.length === 0) {
    throw new Error("ARCHITECTURE.md has no glossary");
  }
  return words.map((word) => ({ word, pattern: patternOf(word) }));
}

/** Any case, and what joins words in names: `set aside` is also `set_aside` and `setAside`. */
function patternOf(word: string): RegExp {
  const text = word.replaceAll(" ", "[ _-]?");
  return word.length < SHORT ? new RegExp(`(?<![a-z])${text}(?![a-z])`, "gi") : new RegExp(text, "gi");
}

/** Each use of one of the words, in the order of the text. */
export function findWords(text: string, words: readonly BannedWord[]): Use[] {
  return words
    .flatMap(({ word, pattern }) => [...text.matchAll(pattern)].map(({ index }) => ({ word, index })))
    .toSorted((a, b) => a.index - b.index)
    .map(({ word, index }) => ({ word, line: lineOf(text, index) }));
}
