import { REVISION_2024_11_05 } from "./revisions/2024-11-05/revision.ts";
import { REVISION_2025_03_26 } from "./revisions/2025-03-26/revision.ts";
import { REVISION_2025_06_18 } from "./revisions/2025-06-18/revision.ts";
import { REVISION_2025_11_25 } from "./revisions/2025-11-25/revision.ts";
import { REVISION_2026_07_28 } from "./revisions/2026-07-28/revision.ts";
import type { Revision } from "./rules/revision.ts";

/**
 * The revisions of MCP that the gateway speaks, with clients and with servers, newest first. Any other is refused.
 * 2024-10-07, which some SDKs offer, is none of the published revisions: nothing says what it allows.
 */
export const REVISIONS: readonly Revision[] = [
  REVISION_2026_07_28,
  REVISION_2025_11_25,
  REVISION_2025_06_18,
  REVISION_2025_03_26,
  REVISION_2024_11_05,
];

/** Names of those with sessions, newest first. */
export const SESSION_REVISIONS = namesOf("session");
/** Names of those without, newest first. */
export const STATELESS_REVISIONS = namesOf("stateless");

/** What the gateway itself speaks with servers: the stateless revision first; with a server that does not speak it, the other. */
export const OWN_STATELESS_REVISION = REVISION_2026_07_28;
export const OWN_SESSION_REVISION = REVISION_2025_11_25;

/** `undefined` for a name that is none of a revision that is spoken. */
export function findRevision(name: string | undefined): Revision | undefined {
  return REVISIONS.find((revision) => revision.name === name);
}

/** Names are dates, so text order is time order. */
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const FIRST_STATELESS = STATELESS_REVISIONS.at(-1) ?? "";

/** Whether a name is, or will be, that of a stateless revision. */
export function isStatelessName(name: string | undefined): boolean {
  return name !== undefined && DATE.test(name) && name >= FIRST_STATELESS;
}

/**
 * What to say of the revision that a server chose in its result of `initialize`; `null` when it is spoken, or when the
 * result names none.
 */
export function unspokenRevision(chosen: unknown): string | null {
  if (typeof chosen !== "string" || SESSION_REVISIONS.includes(chosen)) {
    return null;
  }
  return `protocol revision ${JSON.stringify(chosen.slice(0, 64))}, which the gateway does not speak (it speaks ${SESSION_REVISIONS.join(", ")})`;
}

function namesOf(era: Revision["era"]): readonly string[] {
  return REVISIONS.filter((revision) => revision.era === era).map(({ name }) => name);
}
