import { LOOKALIKE, JOINT, MAX_VALUE_LENGTH } from "./series-index.ts";

/** Names that labels may show, by group. */
export interface Names {
  /** A group takes so many; the largest bound of its labels counts. */
  bound(group: string, max: number): void;
  has(group: string, name: string): boolean;
  introduce(group: string, name: string): boolean;
}

export function createNames(): Names {
  const groups = new Map<string, { max: number; readonly known: Set<string> }>();
  return {
    bound(group, max) {
      const found = groups.get(group);
      if (found === undefined) {
        groups.set(group, { max, known: new Set() });
      } else {
        found.max = Math.max(found.max, max);
      }
    },
    has: (group, name) => groups.get(group)?.known.has(name) === true,
    introduce(group, name) {
      const found = groups.get(group);
      if (found === undefined) {
        throw new TypeError(`no label of the catalog has the group ${group}`);
      }
      if (found.known.has(name)) {
        return true;
      }
      // As the label shows it.
      const shown = name.replaceAll(JOINT, LOOKALIKE);
      if (found.known.has(shown)) {
        return true;
      }
      if (found.known.size >= found.max || name === "" || name.length > MAX_VALUE_LENGTH) {
        return false;
      }
      found.known.add(shown);
      return true;
    },
  };
}
