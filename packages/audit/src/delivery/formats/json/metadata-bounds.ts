import { UNSTORABLE } from "../../../events/field-types.ts";
import { closingQuote } from "../../../json/closing-quote.ts";

/**
 * What a receiver may be given of metadata as objects, lists and numbers. Callers choose them, and a receiver
 * that stumbles over them may lose the other events of the request, too.
 */
export const METADATA_BOUNDS = {
  /** Elasticsearch and Datadog take 20, of which a receiver's own envelope needs some. Fluent Bit loses the rest of a body at 63. */
  levels: 16,
  /** Datadog takes 256 attributes of an entry, in all. */
  members: 100,
  /** Datadog's limit. */
  keyCharacters: 50,
  /** Values of all lists and objects. */
  values: 1_000,
} as const;

/** Why metadata are not written as an object. */
export const METADATA_EXCESSES = ["depth", "size", "key", "number", "character"] as const;
export type MetadataExcess = (typeof METADATA_EXCESSES)[number];

/** Keys that mean something to a receiver's language or store, or that are a mark of ours. */
const RESERVED = /^(?:__proto__|constructor|prototype|sark_(?:json|json_reason|cut|excerpt))$/;
/** No key that begins with `_`, `$` or `@`, which stores keep for themselves, and none that is empty or odd at an end. */
const KEY = /^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}_.:/@$ -]*[\p{L}\p{M}\p{N}_])?$/u;
/** Exact in a double and in a 64-bit integer, and without an exponent: all that every reader reads alike. */
const NUMBER = /-?(?:0|[1-9]\d{0,14})(?:\.\d{1,20})?(?=[,\]}])/y;
const WORD = /true|false|null/y;

/** Looks through the JSON text of metadata; `null` when every receiver can be given it as it is. */
export function metadataExcess(text: string): MetadataExcess | null {
  // Most have no such escape at all, and this runs for each event.
  if (text.includes("\\u") && UNSTORABLE.test(text)) {
    return "character";
  }
  return createReader(text).read();
}

function createReader(text: string) {
  /** Of every member, as a receiver that flattens names and ignores case has them. */
  const paths = new Set<string>();
  const leaves: string[] = [];
  let at = 0;
  let values = 0;
  let dotted = false;

  function readValue(path: string, level: number): MetadataExcess | null {
    values += 1;
    if (values > METADATA_BOUNDS.values) {
      return "size";
    }
    const first = text[at];
    if (first === "{" || first === "[") {
      if (level > METADATA_BOUNDS.levels) {
        return "depth";
      }
      return first === "{" ? readMembers(path, level) : readItems(path, level);
    }
    leaves.push(path);
    return readPlain(first);
  }

  function readPlain(first: string | undefined): MetadataExcess | null {
    if (first === '"') {
      at = closingQuote(text, at) + 1;
      return at === 0 ? "character" : null;
    }
    const pattern = first === "t" || first === "f" || first === "n" ? WORD : NUMBER;
    pattern.lastIndex = at;
    if (!pattern.test(text)) {
      return "number";
    }
    at = pattern.lastIndex;
    return null;
  }

  /** Reads what stands between the brackets, piece by piece. */
  function readList(closing: string, readPiece: () => MetadataExcess | null): MetadataExcess | null {
    at += 1;
    while (text[at] !== closing) {
      const excess = readPiece();
      if (excess !== null) {
        return excess;
      }
      if (text[at] === ",") {
        at += 1;
      } else if (text[at] !== closing) {
        return "character";
      }
    }
    at += 1;
    return null;
  }

  function readItems(path: string, level: number): MetadataExcess | null {
    let index = 0;
    return readList("]", () => readValue(`${path}[${index++}]`, level + 1));
  }

  function readMembers(path: string, level: number): MetadataExcess | null {
    return readList("}", () => {
      const end = closingQuote(text, at);
      const key = text.slice(at + 1, end);
      const folded = foldKey(key);
      if (text[at] !== '"' || text[end + 1] !== ":" || folded === null) {
        return "key";
      }
      dotted ||= key.includes(".");
      const member = `${path}.${folded}`;
      if (paths.has(member)) {
        return "key";
      }
      paths.add(member);
      if (paths.size > METADATA_BOUNDS.members) {
        return "size";
      }
      at = end + 2;
      return readValue(member, level + 1);
    });
  }

  return {
    read(): MetadataExcess | null {
      const excess = readValue("", 1);
      if (excess !== null) {
        return excess;
      }
      return dotted && leaves.some((leaf) => isAbove(leaf, paths)) ? "key" : null;
    },
  };
}

/** Most events have the keys of their neighbours. */
const folds = new Map<string, string | null>();
const MAX_FOLDS = 1_000;

/** A key as readers have it that ignore case and form; `null` for one that not every reader takes. */
function foldKey(key: string): string | null {
  if (key.length > METADATA_BOUNDS.keyCharacters) {
    return null;
  }
  let folded = folds.get(key);
  if (folded === undefined) {
    folded = KEY.test(key) && !RESERVED.test(key) ? key.normalize("NFKC").toLowerCase() : null;
    if (folds.size >= MAX_FOLDS) {
      folds.clear();
    }
    folds.set(key, folded);
  }
  return folded;
}

/** Whether a plain value has the name of something with members: `a` next to `a.b`. */
function isAbove(leaf: string, paths: ReadonlySet<string>): boolean {
  for (const path of paths) {
    if (path.startsWith(`${leaf}.`)) {
      return true;
    }
  }
  return false;
}
