import { abortedUnsent, UpstreamError } from "../../../domain/upstream.ts";
import type { StdioLimits } from "../process/limits.ts";

/** One process of a session, from before its start until it has ended. */
export interface Place {
  /** The session is open: from now on it may have to give way to another. */
  hold(session: HeldSession): void;
  free(): void;
}

export interface HeldSession {
  /** Since when nothing is under way in it, by `performance.now()`; `null` while something is. */
  quietSince(): number | null;
  /** Ends it; resolves when its process has ended. */
  displace(): Promise<void>;
}

/** The processes that sessions may have at once, shared out among callers. */
export interface Places {
  /**
   * Rejects with `upstream_overloaded` while all that the caller could have is in use; with `cancelled` when it leaves.
   */
  take(caller: string, signal: AbortSignal): Promise<Place>;
  readonly taken: number;
}

interface Holder {
  readonly caller: string;
  session: HeldSession | null;
}

interface Quiet {
  readonly holder: Holder;
  readonly session: HeldSession;
  readonly since: number;
}

const UNKNOWN_WAIT_S = 5;
const MAX_WAIT_S = 60;

/**
 * A caller has a share of the places, and gives up its own longest quiet session when it wants more. When all places are
 * taken, the longest quiet session gives way: first of the caller that holds more than the newcomer would, then of the newcomer
 * itself, then of anyone who has not used it for a while. So no caller keeps others out by opening sessions, and none
 * pushes out more than it holds itself.
 */
export function createPlaces(
  upstream: string,
  limits: Pick<StdioLimits, "sessions" | "sessionsPerCaller" | "displaceAfterMs">,
): Places {
  const holders = new Set<Holder>();

  function held(caller: string): number {
    return [...holders].filter((holder) => holder.caller === caller).length;
  }

  /** The longest quiet one comes first. */
  function quiet(): readonly Quiet[] {
    const found: Quiet[] = [];
    for (const holder of holders) {
      const { session } = holder;
      const since = session?.quietSince() ?? null;
      if (session !== null && since !== null) {
        found.push({ holder, session, since });
      }
    }
    return found.toSorted((one, other) => one.since - other.since);
  }

  function victimOf(caller: string, candidates: readonly Quiet[]): Quiet | undefined {
    const own = held(caller);
    const ofCaller = candidates.find(({ holder }) => holder.caller === caller);
    if (own >= limits.sessionsPerCaller) {
      return ofCaller;
    }
    const others = candidates.filter(({ holder }) => holder.caller !== caller);
    const most = Math.max(0, ...others.map(({ holder }) => held(holder.caller)));
    const greedy = most > own + 1 ? others.find(({ holder }) => held(holder.caller) === most) : undefined;
    return greedy ?? ofCaller ?? candidates.find(({ since }) => waitFor(since) <= 0);
  }

  function waitFor(since: number): number {
    return limits.displaceAfterMs - (performance.now() - since);
  }

  function refusal(caller: string, candidates: readonly Quiet[]): UpstreamError {
    const own = held(caller);
    const [longest] = candidates;
    const wait =
      longest === undefined || own > 0 ? UNKNOWN_WAIT_S : Math.ceil(waitFor(longest.since) / 1_000);
    const message =
      own >= limits.sessionsPerCaller
        ? `the caller has ${own} sessions in use at upstream "${upstream}", which is its share; raise limits.sessionsPerCaller`
        : `upstream "${upstream}" has ${holders.size} sessions, which is its limit; raise limits.sessions`;
    return new UpstreamError("upstream_overloaded", message, {
      retryAfterSeconds: Math.min(Math.max(wait, 1), MAX_WAIT_S),
    });
  }

  async function take(caller: string, signal: AbortSignal): Promise<Place> {
    const full = held(caller) >= limits.sessionsPerCaller || holders.size >= limits.sessions;
    const candidates = full ? quiet() : [];
    const victim = full ? victimOf(caller, candidates) : undefined;
    if (full && victim === undefined) {
      throw refusal(caller, candidates);
    }
    const holder: Holder = { caller, session: null };
    if (victim !== undefined) {
      // The place changes hands at once, so that only one newcomer waits for it.
      holders.delete(victim.holder);
      holders.add(holder);
      await victim.session.displace();
      if (signal.aborted) {
        holders.delete(holder);
        throw abortedUnsent(upstream, signal);
      }
    }
    holders.add(holder);
    return {
      hold: (session) => {
        holder.session = session;
      },
      free: () => void holders.delete(holder),
    };
  }

  return {
    take,
    get taken() {
      return holders.size;
    },
  };
}
