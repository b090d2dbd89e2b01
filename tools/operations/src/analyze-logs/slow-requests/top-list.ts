/** The heaviest of many, of which no more are kept than are shown, and each identity once. */
export interface TopList<T> {
  add(item: T): void;
  /** The heaviest first. */
  top(): readonly T[];
  /** How many identities came, as far as they can be told apart: exact up to a million. */
  seen(): number;
}

const MAX_IDENTITIES = 1_000_000;

export function createTopList<T>(
  size: number,
  of: { weight(item: T): number; identity(item: T): string },
): TopList<T> {
  const kept = new Map<string, T>();
  const identities = new Set<string>();
  let beyond = 0;
  let least = Number.NEGATIVE_INFINITY;
  const sorted = () => [...kept.values()].toSorted((a, b) => of.weight(b) - of.weight(a));
  return {
    add(item) {
      const identity = of.identity(item);
      if (!identities.has(identity)) {
        if (identities.size < MAX_IDENTITIES) {
          identities.add(identity);
        } else {
          beyond += 1;
        }
      }
      const weight = of.weight(item);
      const before = kept.get(identity);
      if (weight <= (before === undefined ? least : of.weight(before))) {
        return;
      }
      kept.set(identity, item);
      // Sorted once for as many as are kept, not for each that comes.
      if (kept.size >= 2 * size) {
        const top = sorted().slice(0, size);
        kept.clear();
        for (const one of top) {
          kept.set(of.identity(one), one);
        }
        least = of.weight(top.at(-1) as T);
      }
    },
    top: () => sorted().slice(0, size),
    seen: () => identities.size + beyond,
  };
}
