/** Events that receivers took and have not acknowledged yet. */
export interface Awaiting {
  /** Call what it returns when the acknowledgement came, or is given up. */
  begin(events: number): () => void;
  /** How many, and since when the oldest, in milliseconds since the epoch; `null` when there are none. */
  view(): { readonly events: number; readonly since: number } | null;
}

export function createAwaiting(): Awaiting {
  const requests = new Set<{ readonly events: number; readonly since: number }>();
  let total = 0;
  return {
    begin(events) {
      const request = { events, since: Date.now() };
      requests.add(request);
      total += events;
      return () => {
        if (requests.delete(request)) {
          total -= events;
        }
      };
    },
    view() {
      // A set keeps the order in which they began.
      const oldest = requests.values().next().value;
      return oldest === undefined ? null : { events: total, since: oldest.since };
    },
  };
}
