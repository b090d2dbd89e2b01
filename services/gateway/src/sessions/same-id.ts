import type { SeenSession } from "../domain/sessions.ts";

/**
 * Two callers have a session that its server calls by one id. It has begun anew, and given the id out again: the earlier
 * session is over. Ids say when they were given out to the second; of the same second, both are.
 */
export function whichIsOver(
  one: Pick<SeenSession, "createdAt">,
  other: Pick<SeenSession, "createdAt">,
): { readonly isOver: boolean; readonly otherIsOver: boolean } {
  const [at, otherAt] = [secondOf(one), secondOf(other)];
  return { isOver: at <= otherAt, otherIsOver: otherAt <= at };
}

/** As the id of a session has it. */
export function secondOf({ createdAt }: Pick<SeenSession, "createdAt">): number {
  return Math.floor(createdAt / 1_000);
}
