const MAX_REMEMBERED = 256;

/** Why sessions that are over have ended, for clients that come back to them. Ids are secret, so only these can ask. */
export interface EndedSessions {
  add(id: string, why: string): void;
  /** As the end of a sentence; empty for an id that is not known, or no longer. */
  why(id: string): string;
}

export function createEndedSessions(): EndedSessions {
  const reasons = new Map<string, string>();
  return {
    add: (id, why) => {
      const [oldest] = reasons.keys();
      if (reasons.size >= MAX_REMEMBERED && oldest !== undefined) {
        reasons.delete(oldest);
      }
      reasons.set(id, why);
    },
    why: (id) => {
      const reason = reasons.get(id);
      return reason === undefined ? "" : `: ${reason}; initialize again`;
    },
  };
}
