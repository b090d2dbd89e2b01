import { defineScript, type Seal, type SharedState } from "@sark/shared-state";

/** Which replicas there are, and where. */
export interface ReplicaDirectory {
  /** `"lost"`: it has ended, or hangs. `null`: that cannot be found out right now. */
  find(id: string): Promise<ReplicaAddress | "lost" | null>;
  /**
   * Whether one that is not at its address has ended: it has left, or was not heard of for the length of its lease. Its address alone
   * says nothing: a firewall refuses connections, too, and so does one whose port another program has taken over.
   */
  isLost(id: string): Promise<boolean>;
  /** Tells the others of this one, from now on. */
  enter(address: ReplicaAddress): Promise<void>;
  /** It is out of service. */
  leave(): Promise<void>;
}

export interface ReplicaAddress {
  /** `http://host:port`. */
  readonly url: string;
  /** Name of its machine: a loopback address is of use there alone. */
  readonly machine: string;
}

export interface DirectoryTimes {
  /** How often a replica says that it is there. */
  readonly beatMs: number;
  /** One that was not heard of for so long is lost. */
  readonly leaseMs: number;
}

const TIMES: DirectoryTimes = { beatMs: 3_000, leaseMs: 12_000 };
/** A replica that is not known is asked for no more often. */
const LOOK_EVERY_MS = 500;

/**
 * ARGV: id, address (`''`: leaves), lease, whether those that are late may be given up. Replies who was given up, and which others
 * there are: id and address in turn.
 */
const BEAT = defineScript(`
local alive, addresses = KEYS[1] .. 'alive', KEYS[1] .. 'addresses'
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local lost = {}
if ARGV[2] == '' then
  redis.call('ZREM', alive, ARGV[1])
  redis.call('HDEL', addresses, ARGV[1])
else
  redis.call('ZADD', alive, now, ARGV[1])
  redis.call('HSET', addresses, ARGV[1], ARGV[2])
end
if ARGV[4] == '1' then
  lost = redis.call('ZRANGEBYSCORE', alive, '-inf', now - tonumber(ARGV[3]))
  for _, id in ipairs(lost) do
    redis.call('ZREM', alive, id)
    redis.call('HDEL', addresses, id)
  end
end
redis.call('PEXPIRE', alive, tonumber(ARGV[3]) * 10)
redis.call('PEXPIRE', addresses, tonumber(ARGV[3]) * 10)
return { lost, redis.call('HGETALL', addresses) }
`);

export function createReplicaDirectory(deps: {
  readonly state: Pick<SharedState, "run" | "status" | "onUp">;
  readonly seal: Seal;
  readonly id: string;
  readonly times?: DirectoryTimes;
  /** This replica is the one to clear up after another. */
  gaveUp(id: string): void;
  /** Another one is not there any more. */
  vanished(id: string): void;
}): ReplicaDirectory {
  const { state, seal, id, times: { beatMs, leaseMs } = TIMES } = deps;
  const base = `replicas:${seal.name}:`;
  let own: ReplicaAddress | null = null;
  let known: ReadonlyMap<string, ReplicaAddress> = new Map();
  let looked = Number.NEGATIVE_INFINITY;
  let looking: Promise<boolean> | null = null;
  const timer = setInterval(() => void look(), beatMs).unref();
  state.onUp(() => void look());

  /** Others had time to say that they are there since Redis could be asked last. */
  function isSettled(): boolean {
    return state.status.up && performance.now() - state.status.changed > leaseMs;
  }

  async function beat(): Promise<boolean> {
    if (own === null || !state.status.up) {
      return false;
    }
    const address = seal.close(id, JSON.stringify(own));
    const args = [id, address, String(leaseMs), isSettled() ? "1" : "0"];
    const reply = await state.run(BEAT, [base], args).catch(() => null);
    if (!Array.isArray(reply)) {
      return false;
    }
    const [lost, pairs] = reply as [string[], string[] | Record<string, string>];
    learn(Array.isArray(pairs) ? pairs : Object.entries(pairs).flat());
    for (const one of lost) {
      deps.gaveUp(one);
    }
    return true;
  }

  function learn(pairs: readonly string[]): void {
    const before = known;
    // Redis may have lost what it knew: those that it does not know yet had no time to say that they are there.
    const found = new Map<string, ReplicaAddress>(isSettled() ? [] : before);
    for (let at = 0; at < pairs.length; at += 2) {
      const [one = "", sealed = ""] = pairs.slice(at);
      const opened = seal.open(one, sealed);
      if (opened !== null) {
        found.set(one, JSON.parse(opened) as ReplicaAddress);
      }
    }
    known = found;
    for (const one of before.keys()) {
      if (!found.has(one)) {
        deps.vanished(one);
      }
    }
  }

  function look(): Promise<boolean> {
    looking ??= beat().finally(() => {
      looking = null;
      looked = performance.now();
    });
    return looking;
  }

  return {
    async isLost(one) {
      const isFresh = performance.now() - looked < LOOK_EVERY_MS || (await look());
      return isFresh && isSettled() && !known.has(one);
    },
    async find(one) {
      const found = known.get(one);
      if (found !== undefined) {
        return found;
      }
      const isFresh = performance.now() - looked < LOOK_EVERY_MS || (await look());
      return known.get(one) ?? (isFresh && isSettled() ? "lost" : null);
    },
    async enter(address) {
      own = address;
      await look();
    },
    async leave() {
      clearInterval(timer);
      own = null;
      await looking;
      await state.run(BEAT, [base], [id, "", String(leaseMs), "0"]).catch(() => undefined);
    },
  };
}
