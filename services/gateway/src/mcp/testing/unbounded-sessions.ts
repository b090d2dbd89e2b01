import type { EndedSession, SeenSession, Sessions, SessionUse } from "../../domain/sessions.ts";

/** Has room for every session, and ends those that it is told to end, with what runs in them. */
export function unboundedSessions(): Sessions {
  const known = new Map<string, { readonly seen: SeenSession; readonly uses: Set<() => void> }>();
  let told: (session: EndedSession) => void = () => undefined;

  function at(seen: SeenSession) {
    const found = known.get(seen.fingerprint) ?? { seen, uses: new Set() };
    known.set(seen.fingerprint, found);
    return found;
  }

  return {
    admit: () => ({
      refused: null,
      scope: "process",
      opened: (seen) => void at(seen),
      release: () => undefined,
    }),
    enter(seen): SessionUse {
      const { uses } = at(seen);
      let listener: (() => void) | null = null;
      let ended = false;
      const end = () => {
        ended = true;
        listener?.();
      };
      uses.add(end);
      return {
        refused: null,
        scope: "process",
        onEnd(added) {
          listener = added;
          if (ended) {
            added();
          }
        },
        leave: () => void uses.delete(end),
      };
    },
    over(fingerprint) {
      known.delete(fingerprint);
      return true;
    },
    end(fingerprint) {
      const found = known.get(fingerprint);
      if (found === undefined) {
        return false;
      }
      known.delete(fingerprint);
      for (const end of found.uses) {
        end();
      }
      told(found.seen);
      return true;
    },
    onEnd(listener) {
      told = listener;
    },
  };
}
