import { intervalOf, type TokenRate } from "@sark/scheduling";
import { defineScript } from "./script.ts";
import type { SharedState } from "./shared-state.ts";

/** Buckets that all replicas share. */
export interface SharedBuckets {
  /** Takes so many tokens, one unless told, out of each bucket, or of none. `null` when they cannot be asked. */
  take(
    limits: readonly { readonly key: string; readonly rate: TokenRate }[],
    tokens?: number,
  ): Promise<SharedTake | null>;
  /** Milliseconds until a bucket is full; `null` when it cannot be asked. */
  peek(key: string): Promise<number | null>;
  /** Fills a bucket. `false` when that could not be done. */
  forget(key: string): Promise<boolean>;
}

export interface SharedTake {
  /** Index of the limit to wait for the longest; `null` when a token of each was taken. */
  readonly reached: number | null;
  readonly retryAfterMs: number;
  /** Of each bucket, in the order of the limits: milliseconds until it is full. */
  readonly fullInMs: readonly number[];
}

/**
 * The same as the buckets of `@sark/scheduling`, by the clock of the server, which is one for all replicas. Times are microseconds since
 * 2023-11-14, so that fractions of them fit a double. A time that lies beyond a whole bucket (the clock was set back,
 * another server took over, the rule has become smaller) counts as an empty bucket.
 */
const NOW = `
local time = redis.call('TIME')
local now = (time[1] - 1700000000) * 1000000 + time[2]
`;

const TAKE = defineScript(`${NOW}
local fullAt, reached, longest = {}, 0, 0
local tokens = tonumber(ARGV[2 * #KEYS + 1])
for i, key in ipairs(KEYS) do
  local interval = tonumber(ARGV[2 * i - 1])
  local size = interval * tonumber(ARGV[2 * i])
  local at = tonumber(redis.call('GET', key) or now) or now
  at = math.min(math.max(at, now), now + size)
  fullAt[i] = at
  local wait = at + tokens * interval - size - now
  if wait > 1 and wait > longest then
    longest = wait
    reached = i
  end
end
local result = { reached, math.ceil(longest) }
for i, key in ipairs(KEYS) do
  if reached == 0 then
    fullAt[i] = fullAt[i] + tokens * tonumber(ARGV[2 * i - 1])
    redis.call('SET', key, string.format('%.3f', fullAt[i]), 'PX', math.max(1, math.ceil((fullAt[i] - now) / 1000)))
  end
  result[i + 2] = math.ceil(fullAt[i] - now)
end
return result
`);

const PEEK = defineScript(`${NOW}
return math.max(0, math.ceil((tonumber(redis.call('GET', KEYS[1]) or now) or now) - now))
`);

const FORGET = defineScript(`return redis.call('DEL', KEYS[1])`);

export function createSharedBuckets(state: Pick<SharedState, "run">): SharedBuckets {
  /** Numbers; `null` when the server could not be asked, or responded with something else. */
  async function ask(...request: Parameters<SharedState["run"]>): Promise<number[] | null> {
    try {
      const response = [await state.run(...request)].flat();
      return response.every((one) => typeof one === "number") ? response : null;
    } catch {
      // The connection tells of its failures itself.
      return null;
    }
  }

  return {
    async take(limits, tokens = 1) {
      const keys = limits.map(({ key }) => keyOf(key));
      const args = limits.flatMap(({ rate }) => [String(intervalOf(rate) * 1_000), String(rate.burst)]);
      const response = await ask(TAKE, keys, [...args, String(tokens)]);
      if (response === null || response.length !== limits.length + 2) {
        return null;
      }
      const [reached = 0, wait = 0, ...fullIn] = response;
      return {
        reached: reached === 0 ? null : reached - 1,
        retryAfterMs: wait / 1_000,
        fullInMs: fullIn.map((micros) => micros / 1_000),
      };
    },
    async peek(key) {
      const [micros] = (await ask(PEEK, [keyOf(key)], [])) ?? [];
      return micros === undefined ? null : micros / 1_000;
    },
    forget: async (key) => (await ask(FORGET, [keyOf(key)], [])) !== null,
  };
}

function keyOf(key: string): string {
  return `rate:${key}`;
}
