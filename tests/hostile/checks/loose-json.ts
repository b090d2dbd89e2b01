/** How a reader that is not exact takes a document. */
export interface Looseness {
  /** Which of two equal keys counts. */
  readonly duplicates: "first" | "last";
  /** Whether keys that differ by case are the same. */
  readonly folds: boolean;
}

export const READERS: readonly Looseness[] = [
  { duplicates: "last", folds: false },
  { duplicates: "first", folds: false },
  { duplicates: "last", folds: true },
  { duplicates: "first", folds: true },
];

/** What this reader makes of the text; `undefined` where it is no JSON to it. Keys are folded to lower case where it folds. */
export function readLoosely(text: string, { duplicates, folds }: Looseness): unknown {
  const place = { at: 0 };
  try {
    return value();
  } catch {
    return undefined;
  }

  function blank(): void {
    while (/\s/.test(text[place.at] ?? "")) {
      place.at += 1;
    }
  }

  function value(): unknown {
    blank();
    const first = text[place.at];
    if (first === "{") {
      return object();
    }
    return first === "[" ? array() : scalar();
  }

  function scalar(): unknown {
    const pattern = /"(?:[^"\\]|\\.)*"|[^\s,\]}]+/sy;
    pattern.lastIndex = place.at;
    const found = pattern.exec(text)?.[0] ?? "";
    place.at += found.length;
    return JSON.parse(found) as unknown;
  }

  function array(): unknown[] {
    const items: unknown[] = [];
    place.at += 1;
    for (blank(); text[place.at] !== "]"; blank()) {
      items.push(value());
      blank();
      place.at += text[place.at] === "," ? 1 : 0;
    }
    place.at += 1;
    return items;
  }

  function object(): Record<string, unknown> {
    const members = new Map<string, unknown>();
    place.at += 1;
    for (blank(); text[place.at] !== "}"; blank()) {
      const key = String(scalar());
      blank();
      if (text[place.at] !== ":") {
        throw new Error("no colon");
      }
      place.at += 1;
      const name = folds ? key.toLowerCase() : key;
      const held = value();
      if (duplicates === "last" || !members.has(name)) {
        members.set(name, held);
      }
      blank();
      place.at += text[place.at] === "," ? 1 : 0;
    }
    place.at += 1;
    // `__proto__` is a key as any other.
    return Object.fromEntries(members);
  }
}
