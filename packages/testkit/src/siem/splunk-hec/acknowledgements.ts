/** Indexer acknowledgement: numbers per channel, each told to be true once. */
export interface Acknowledgements {
  /** The next number of a channel, from 0. It turns true when `indexed` is called with it. */
  issue(channel: string): number;
  indexed(channel: string, id: number): void;
  /** Which of these are indexed; what was told to be true once is false from then on. */
  ask(channel: string, ids: readonly number[]): Record<string, boolean>;
}

export function createAcknowledgements(): Acknowledgements {
  const channels = new Map<string, { next: number; ready: Set<number> }>();
  return {
    issue(channel) {
      const state = channels.get(channel) ?? { next: 0, ready: new Set() };
      channels.set(channel, state);
      return state.next++;
    },
    indexed: (channel, id) => void channels.get(channel)?.ready.add(id),
    ask(channel, ids) {
      const ready = channels.get(channel)?.ready;
      return Object.fromEntries(ids.map((id) => [id, ready?.delete(id) ?? false]));
    },
  };
}
