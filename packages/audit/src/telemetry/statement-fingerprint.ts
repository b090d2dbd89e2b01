import { createHash } from "node:crypto";

/** A statement without what distinguishes its runs, and a short name of that. */
export interface StatementFingerprint {
  /** 16 hexadecimal digits; the same for the same statement with other values. */
  readonly id: string;
  /** Values are `?`, blanks are one, comments are left out; cut after 500 characters. */
  readonly statement: string;
}

const MAX_STATEMENT = 500;
/** Longer ones are looked at so far. */
const MAX_READ = 20_000;

/** Each alternative reads on only, from what begins it: comments, quoted texts, names in quotes (kept), numbers, blanks. */
const PARTS =
  /--[^\n]*|\/\*(?:[^*]|\*(?!\/))*(?:\*\/)?|\$([a-z_]*)\$[^]*?(?:\$\1\$|$)|e'(?:[^'\\]|''|\\[^])*(?:'|$)|'(?:[^']|'')*(?:'|$)|("(?:[^"]|"")*(?:"|$))|(\$\d+|[a-z_][\w$]*)|\d[\w.]*|\s+/giu;
/** Lists of values, of whatever length: `(?, ?)` and `($1, $2)`. */
const LISTS = /\((?:\?|\$\d+)(?:,\s?(?:\?|\$\d+)){1,}\)/g;
const ROWS = /(\(…\))(?:,\s?\(…\))+/g;

export function fingerprintOf(statement: string): StatementFingerprint {
  const read = statement
    .slice(0, MAX_READ)
    .replace(PARTS, (part, _tag: unknown, quotedName?: string, word?: string) => {
      if (quotedName !== undefined || word !== undefined) {
        return part;
      }
      return /^(?:\s|--|\/\*)/.test(part) ? " " : "?";
    })
    .replace(/\s+/g, " ")
    .replace(LISTS, "(…)")
    .replace(ROWS, "$1")
    .trim();
  const id = createHash("sha256").update(read).digest("hex").slice(0, 16);
  return { id, statement: read.length > MAX_STATEMENT ? `${read.slice(0, MAX_STATEMENT)}…` : read };
}
