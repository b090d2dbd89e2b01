import type { SchemaView } from "./sensitive-schema.ts";

/** Whether the schema marks the value, or anything that can stand in it at any depth. */
export function holdsSensitive(view: SchemaView): boolean {
  const seen = new Set([view]);
  // A set gives what is added to it while it is walked.
  for (const next of seen) {
    if (next.sensitive) {
      return true;
    }
    for (const inner of next.inner()) {
      seen.add(inner);
    }
  }
  return false;
}
