import { randomUUID } from "node:crypto";
import { defineScript, type SharedState } from "@sark/shared-state";
import { LRUCache } from "lru-cache";
import { NOTHING, type Ingested } from "../protocol/names.ts";
import { sum } from "./coalesce.ts";
import { createHistory, type Entry, type History } from "./history.ts";
import { newEpoch, START } from "./local-streams.ts";
import type { Streams } from "./streams.ts";

/** Nothing is kept of a tenant of which nothing was heard for so long: sequence numbers then begin anew. */
const KEPT_MS = 24 * 3_600_000;
/** What was published is told from what is sent again for so long. */
const REMEMBERED_MS = 600_000;
const CHANNEL = "live";
/** Tenants of which something could not be published yet. */
const MAX_UNSENT = 10_000;

/**
 * Numbers what was committed, keeps the last entries and tells all replicas, in one step. What a replica sends again, because it
 * has heard no response, is left out: the third key has the number of what it has sent last.
 */
const PUBLISH = defineScript(`
if tonumber(redis.call('GET', KEYS[3]) or '0') >= tonumber(ARGV[4]) then return 0 end
local epoch = redis.call('HGET', KEYS[1], 'epoch')
if not epoch then
  epoch = ARGV[1]
  redis.call('HSET', KEYS[1], 'epoch', epoch)
  redis.call('DEL', KEYS[2])
end
local entry = redis.call('HINCRBY', KEYS[1], 'seq', 1) .. ' ' .. ARGV[2]
redis.call('RPUSH', KEYS[2], entry)
redis.call('LTRIM', KEYS[2], -tonumber(ARGV[3]), -1)
redis.call('PEXPIRE', KEYS[1], ARGV[6])
redis.call('PEXPIRE', KEYS[2], ARGV[6])
redis.call('SET', KEYS[3], ARGV[4], 'PX', ARGV[7])
redis.call('PUBLISH', KEYS[4], epoch .. ' ' .. entry .. ' ' .. ARGV[5])
return 1
`);

/** The epoch of a tenant, the number of its last entry, and those that are kept. */
const LOAD = defineScript(`
if redis.call('HSETNX', KEYS[1], 'epoch', ARGV[1]) == 1 then redis.call('DEL', KEYS[2]) end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return { redis.call('HGET', KEYS[1], 'epoch'), redis.call('HGET', KEYS[1], 'seq') or '0',
         unpack(redis.call('LRANGE', KEYS[2], 0, -1)) }
`);

interface Part {
  readonly ingested: Ingested;
  readonly at: number;
  /** What of it the clients of this replica have not been shown while it could not be published. */
  unshown: Ingested;
}

interface Unsent {
  /** What was sent, and has no response: 'applied or not' is not known. Sent again as it is. */
  unsure: (Part & { readonly number: number }) | null;
  /** What came meanwhile. */
  next: Part | null;
  sending: boolean;
}

/**
 * The streams of all replicas, in Redis; to be made before the connection is begun. While it is away, each replica has a
 * stream of its own of those tenants that it is asked for, in another epoch, and what it could not publish waits.
 */
export function createSharedStreams(
  state: Pick<SharedState, "run" | "listen" | "onUp">,
  maxEntries: number,
): Streams {
  const replica = randomUUID();
  const followed = new Map<string, History>();
  const loading = new Map<string, Promise<void>>();
  const unsent = new LRUCache<string, Unsent>({ max: MAX_UNSENT });
  let advanced: (tenant: string) => void = () => undefined;
  let sent = 0;

  function keysOf(tenant: string): readonly [string, string] {
    return [`live:head:${tenant}`, `live:entries:${tenant}`];
  }

  /** Another history, which those who follow the tenant hear of. */
  function replace(tenant: string, history: History): void {
    if (followed.has(tenant)) {
      followed.set(tenant, history);
      advanced(tenant);
    }
  }

  async function load(tenant: string): Promise<void> {
    try {
      const response = await state.run(LOAD, keysOf(tenant), [newEpoch(), String(KEPT_MS)]);
      replace(tenant, toHistory(response as string[], maxEntries));
    } catch {
      // The connection tells of its failures itself.
      if (followed.get(tenant) === WAITING) {
        replace(tenant, createHistory(`${LOCAL}${newEpoch()}`, maxEntries, START));
      }
    } finally {
      loading.delete(tenant);
    }
  }

  function loadOnce(tenant: string): Promise<void> {
    let work = loading.get(tenant);
    if (work === undefined) {
      loading.set(tenant, (work = load(tenant)));
    }
    return work;
  }

  async function send(tenant: string, waiting: Unsent): Promise<void> {
    if (waiting.sending) {
      return;
    }
    waiting.sending = true;
    while (waiting.unsure !== null || waiting.next !== null) {
      if (waiting.unsure === null && waiting.next !== null) {
        waiting.unsure = { number: (sent += 1), ...waiting.next };
        waiting.next = null;
      }
      const { number, ingested, at } = waiting.unsure ?? { number: 0, ingested: NOTHING, at: 0 };
      try {
        await state.run(
          PUBLISH,
          [...keysOf(tenant), `live:sent:${replica}:${tenant}`, CHANNEL],
          [
            newEpoch(),
            `${ingested.activity} ${ingested.score} ${at}`,
            String(maxEntries),
            String(number),
            tenant,
            String(KEPT_MS),
            String(REMEMBERED_MS),
          ],
        );
        waiting.unsure = null;
      } catch {
        showUnpublished(tenant, waiting);
        break;
      }
    }
    waiting.sending = false;
    if (waiting.unsure === null) {
      unsent.delete(tenant);
    }
  }

  /** What cannot be published is seen by the clients of this replica at least, once. */
  function showUnpublished(tenant: string, { unsure, next }: Unsent): void {
    for (const part of [unsure, next]) {
      if (part !== null && (part.unshown.activity > 0 || part.unshown.score > 0)) {
        appendLocally(tenant, part.unshown, part.at);
        part.unshown = NOTHING;
      }
    }
  }

  function appendLocally(tenant: string, ingested: Ingested, at: number): void {
    const history = followed.get(tenant);
    if (history === undefined || history === WAITING) {
      return;
    }
    if (history.epoch.startsWith(LOCAL)) {
      history.append({ seq: history.seq + 1, ingested, at });
      advanced(tenant);
    } else {
      const local = createHistory(`${LOCAL}${newEpoch()}`, maxEntries, START);
      local.append({ seq: 1, ingested, at });
      replace(tenant, local);
    }
  }

  state.listen(CHANNEL, (message) => {
    const [epoch = "", seq, activity, score, at, ...name] = message.split(" ");
    const tenant = name.join(" ");
    const history = followed.get(tenant);
    if (history === undefined) {
      return;
    }
    const entry = toEntry(seq, activity, score, at);
    if (entry === null || history.epoch !== epoch || !history.append(entry)) {
      void loadOnce(tenant);
    } else {
      advanced(tenant);
    }
  });
  state.onUp(() => {
    for (const [tenant, waiting] of unsent.entries()) {
      void send(tenant, waiting);
    }
    for (const tenant of followed.keys()) {
      void loadOnce(tenant);
    }
  });

  return {
    publish(tenant, ingested, at) {
      const waiting = unsent.get(tenant) ?? { unsure: null, next: null, sending: false };
      const { next } = waiting;
      waiting.next = {
        ingested: sum(next?.ingested ?? NOTHING, ingested),
        at: next?.at ?? at,
        unshown: sum(next?.unshown ?? NOTHING, ingested),
      };
      unsent.set(tenant, waiting);
      void send(tenant, waiting);
    },
    async follow(tenant) {
      if (!followed.has(tenant)) {
        followed.set(tenant, WAITING);
      }
      await loadOnce(tenant);
    },
    leave: (tenant) => void followed.delete(tenant),
    historyOf(tenant) {
      const history = followed.get(tenant);
      return history === WAITING ? undefined : history;
    },
    onAdvance: (listener) => void (advanced = listener),
  };
}

/** Begins the epochs of a replica that is alone for now. */
const LOCAL = "local-";
/** Stands for a history that is on its way. */
const WAITING: History = createHistory("", 1, START);

function toEntry(
  seq: string | undefined,
  activity: string | undefined,
  score: string | undefined,
  at: string | undefined,
): Entry | null {
  const numbers = [seq, activity, score, at].map(Number);
  if (!numbers.every((number) => Number.isSafeInteger(number) && number >= 0)) {
    return null;
  }
  const [number = 0, activities = 0, scores = 0, time = 0] = numbers;
  return { seq: number, ingested: { activity: activities, score: scores }, at: time };
}

/** Entries count only where they are without a gap up to the last one. */
function toHistory([epoch = "", last = "0", ...texts]: readonly string[], max: number): History {
  const seq = Number(last);
  const entries = texts.flatMap((text) => {
    const [number, activity, score, at] = text.split(" ");
    return toEntry(number, activity, score, at) ?? [];
  });
  const isWhole = entries.every((entry, index) => entry.seq === seq - entries.length + 1 + index);
  return createHistory(epoch, max, { seq, entries: isWhole ? entries : [] });
}
