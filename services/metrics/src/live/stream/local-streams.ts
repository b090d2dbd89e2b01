import { randomBytes } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { Ingested } from "../protocol/names.ts";
import { createHistory, type History } from "./history.ts";
import type { Streams } from "./streams.ts";

/** Tenants whose last connection has ended, and may come back. */
const MAX_LEFT = 1_000;

/** The streams of one process alone. */
export function createLocalStreams(maxEntries: number): Streams {
  const followed = new Map<string, History>();
  const left = new LRUCache<string, History>({ max: MAX_LEFT });
  let advanced: (tenant: string) => void = () => undefined;

  return {
    publish(tenant: string, ingested: Ingested, at: number) {
      // Nothing is kept of a tenant before someone has followed it.
      const history = followed.get(tenant) ?? left.get(tenant);
      history?.append({ seq: history.seq + 1, ingested, at });
      if (followed.has(tenant)) {
        advanced(tenant);
      }
    },
    async follow(tenant) {
      followed.set(
        tenant,
        followed.get(tenant) ?? left.get(tenant) ?? createHistory(newEpoch(), maxEntries, START),
      );
      left.delete(tenant);
    },
    leave(tenant) {
      const history = followed.get(tenant);
      if (history !== undefined) {
        followed.delete(tenant);
        left.set(tenant, history);
      }
    },
    historyOf: (tenant) => followed.get(tenant),
    onAdvance: (listener) => void (advanced = listener),
  };
}

export const START = { seq: 0, entries: [] } as const;

export function newEpoch(): string {
  return randomBytes(9).toString("base64url");
}
