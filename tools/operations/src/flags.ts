const text = (value: string) => value;

/** Flags that mean the same for every command. */
export const jsonFlag = {
  kind: "boolean",
  default: false,
  brief: "Print one JSON object, for scripts",
} as const;
export const reasonFlag = {
  kind: "parsed",
  parse: text,
  placeholder: "TEXT",
  brief: "Why; it goes on record",
} as const;
export const optionalReasonFlag = { ...reasonFlag, optional: true } as const;

/** A flag that names one of something. */
export function nameFlag(brief: string) {
  return { kind: "parsed", parse: text, optional: true, placeholder: "NAME", brief } as const;
}

/** Those of the flags that were given. */
export function given(flags: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(flags).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** Those that were given, in words: user alice, tenant acme. */
export function namesOf(given: Readonly<Record<string, string>>): string {
  const names = Object.entries(given).map(([kind, name]) => `${kind} ${name}`);
  return names.length === 0 ? "nothing" : names.join(", ");
}

/** A number of things to show. Throws `RangeError` for any other text. */
export function parseCount(value: string): number {
  if (!/^[1-9]\d{0,8}$/.test(value)) {
    throw new RangeError(`"${value}" is no number from 1 on`);
  }
  return Number(value);
}

/** The number of an event. Throws `SyntaxError` for any other text. */
export function parseSeq(text: string): number {
  const seq = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(seq)) {
    throw new SyntaxError(`"${text}" is no number of an event`);
  }
  return seq;
}

export interface LimitFlags {
  readonly limit: number;
}

/** How many rows to show. */
export function limitFlag(standard: string) {
  return {
    kind: "parsed",
    parse: parseCount,
    default: standard,
    placeholder: "N",
    brief: "How many rows to show",
  } as const;
}
