import { REDACTED } from "./secret-names.ts";

/** What may stand before the sign of an address, in any script; quoted names are not read. */
const NAME = String.raw`[\p{L}\p{N}_.+~!#$-]`;
/** Bounded on both sides of the sign, and begun once for each word: a text of one long word is read once. */
const ADDRESS = new RegExp(
  String.raw`(?<!${NAME})${NAME}{1,64}(?:@|%40)(?:[\p{L}\p{N}-]{1,63}\.){1,8}(?:xn--[a-z0-9-]{1,59}|\p{L}{2,63})`,
  "giu",
);

/** Replaces addresses of e-mail in plain text. */
export function hideEmailAddresses(text: string): string {
  return text.includes("@") || text.includes("%40") ? text.replace(ADDRESS, REDACTED) : text;
}
