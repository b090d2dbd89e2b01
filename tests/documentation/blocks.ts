/** A fenced block of a page. */
export interface Block {
  /** What stands behind the fence, as `sh`; empty without it. */
  readonly language: string;
  readonly text: string;
  /** Of the fence, from 1. */
  readonly line: number;
}

const FENCED = /^( *)(```+)([^\n]*)\n([\s\S]*?)^\1\2 *$/gm;

/** The fenced blocks of a page in order, without the indentation that a list gives them. */
export function blocksOf(page: string): Block[] {
  return Array.from(page.matchAll(FENCED), (match) => {
    const [, indent = "", , language = "", text = ""] = match;
    return {
      language: language.trim(),
      text: text.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
      line: page.slice(0, match.index).split("\n").length,
    };
  });
}

/** A page without its fenced blocks. */
export const withoutCode = (page: string): string => page.replaceAll(FENCED, "");
