import type { EndedSession, SeenSession, Sessions } from "../../domain/sessions.ts";

/** Has room for every session, and ends those that it is told to end. */
export function unboundedSessions(): Sessions {
  const opened = new Map<string, SeenSession>();
  let told: (session: EndedSession) => void = () => undefined;
  return {
    admit: () => ({
      refused: null,
      opened: (session) => void opened.set(session.fingerprint, session),
      release: () => undefined,
    }),
    enter: () => ({ refused: null, onEnd: () => undefined, leave: () => undefined }),
    over: (fingerprint) => void opened.delete(fingerprint),
    end(fingerprint) {
      const session = opened.get(fingerprint);
      if (session !== undefined && opened.delete(fingerprint)) {
        told(session);
      }
    },
    onEnd(listener) {
      told = listener;
    },
  };
}
