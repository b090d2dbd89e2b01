/**
 * PostgreSQL array literals (`{"a","b",NULL}`), written for batches: one pass over strings that seldom need escaping.
 * Elements are quoted always, so that no text is mistaken for NULL or for a number of elements.
 */
export function arrayLiteral(values: readonly (string | number | null)[]): string {
  let text = "{";
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] ?? null;
    if (index > 0) {
      text += ",";
    }
    text += value === null ? "NULL" : typeof value === "number" ? String(value) : quote(value);
  }
  return `${text}}`;
}

const SPECIAL = /["\\]/;

function quote(value: string): string {
  return SPECIAL.test(value) ? `"${value.replace(/["\\]/g, "\\$&")}"` : `"${value}"`;
}
