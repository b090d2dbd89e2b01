import type { HostileCase } from "./cases/case.ts";

const SHOWN = 2_000;

/** What was sent, as a person can read it and a program send it. */
export function describeCases(cases: readonly HostileCase[]): string {
  return cases
    .map(({ kind, pieces }) => {
      const text = JSON.stringify(pieces.length === 1 ? pieces[0] : pieces);
      return `${kind}: ${text.length > SHOWN ? `${text.slice(0, SHOWN)}… (${text.length} characters)` : text}`;
    })
    .join("\n");
}
