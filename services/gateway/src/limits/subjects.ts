import type { LimitedCall, LimitKind } from "../domain/rate-limits.ts";
import { exactKey, foldedKey } from "@sark/json";

/** Whom a call counts for. */
export interface Subject {
  readonly kind: LimitKind;
  /** As the call names it. */
  readonly name: string;
  readonly parts: KeyParts;
  /** Of its bucket: equal for all spellings of its name but that of a tenant, and for no other subject. */
  readonly key: string;
}

/** The name of a subject, and the server of a tool or the tenant of a user or an agent: neither holds a space. */
interface KeyParts {
  readonly within: string;
  readonly name: string;
}

/** In place of a name. */
export const ANY = "*";
/** Names count as one whatever their case, their Unicode form, and what cannot be seen in them. */
export function partsOf(within: string | null, name: string | null): KeyParts {
  return { within: within === null ? ANY : foldedKey(within), name: name === null ? ANY : foldedKey(name) };
}

export function subjectOf(kind: LimitKind, name: string, within: string | null): Subject {
  const parts = partsOf(within, name);
  return {
    kind,
    name,
    parts,
    key: `${kind} ${keyWithin(kind, within, parts)} ${keyName(kind, name, parts)}`,
  };
}

/** Of a user or an agent that is the tenant. */
function keyWithin(kind: LimitKind, within: string | null, parts: KeyParts): string {
  return within === null || (kind !== "user" && kind !== "agent") ? parts.within : exactKey(within);
}

function keyName(kind: LimitKind, name: string, parts: KeyParts): string {
  return kind === "tenant" ? exactKey(name) : parts.name;
}

/** Everyone and everything that a call counts for, of the kinds that there are rules for. */
export function subjectsOf(
  { principal, server, tool }: LimitedCall,
  kinds: ReadonlySet<LimitKind>,
): readonly Subject[] {
  const subjects: Subject[] = [];
  const add = (kind: LimitKind, name: string | null, within: string | null) => {
    if (name !== null && kinds.has(kind)) {
      subjects.push(subjectOf(kind, name, within));
    }
  };
  const { tenant } = principal;
  const isAgent = principal.type === "agent";
  add("user", isAgent ? null : principal.id, tenant);
  // An agent that acts for a user counts, too.
  add("agent", isAgent ? principal.id : principal.actor, tenant);
  add("tenant", tenant, null);
  add("server", server, null);
  add("tool", server === null ? null : tool, server);
  return subjects;
}
