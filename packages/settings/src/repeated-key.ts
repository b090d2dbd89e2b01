/** Strings and what structures a JSON text; numbers and words lie between. */
const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g;

/**
 * The first key that is written twice in one object of a JSON text, as a path: of two sections of one name a parser
 * would drop the first without a word. `null` when there is none. The text has been parsed.
 */
export function findRepeatedKey(text: string): string | null {
  const open: { readonly keys: Set<string> | null; at: string; index: number }[] = [];
  let last = "";
  for (const [token] of text.matchAll(TOKENS)) {
    const inner = open.at(-1);
    if (token === "{") {
      open.push({ keys: new Set(), at: "", index: 0 });
    } else if (token === "[") {
      open.push({ keys: null, at: "0", index: 0 });
    } else if (token === "}" || token === "]") {
      open.pop();
    } else if (token === "," && inner?.keys === null) {
      inner.at = String((inner.index += 1));
    } else if (token === ":" && inner?.keys) {
      inner.at = JSON.parse(last) as string;
      if (inner.keys.has(inner.at)) {
        return open.map(({ at }) => at).join(".");
      }
      inner.keys.add(inner.at);
    }
    last = token;
  }
  return null;
}
