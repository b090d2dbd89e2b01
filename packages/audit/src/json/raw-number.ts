/**
 * A JSON number that no double holds: a frozen object that `JSON.stringify` writes as the very digits in it. It is the
 * language's own (`JSON.rawJSON`), so that nothing in a JSON text can be taken for one.
 */
export interface RawNumber {
  readonly rawJSON: string;
}

declare global {
  // oxlint-disable-next-line no-unused-vars -- merged into the global of the same name
  interface JSON {
    /** ECMAScript "JSON.parse source text access", which TypeScript's libraries do not have yet. */
    rawJSON(text: string): RawNumber;
    isRawJSON(value: unknown): value is RawNumber;
  }
}

/** Whether a value is one. Such a value is an object to `typeof`: ask before looking for members. */
export function isRawNumber(value: unknown): value is RawNumber {
  return typeof value === "object" && JSON.isRawJSON(value);
}
