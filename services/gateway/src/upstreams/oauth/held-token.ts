import { backoffMs } from "@sark/observability/waiting";
import type { IssuedToken } from "./token-response.ts";

/** Asks for a token; it is not kept, and may know what must not be. */
export type FetchToken = () => Promise<IssuedToken>;

/** One token that is used until shortly before it expires. */
export interface HeldToken {
  /** The token of now. Who asks while it is being fetched waits for the same fetch. Rejects as the fetch does. */
  get(fetch: FetchToken): Promise<string>;
  /**
   * Another one in the place of a token that the server did not accept; `null` where that would only ask again for
   * what was asked for a moment ago.
   */
  replace(refused: string, fetch: FetchToken): Promise<string | null>;
}

/** Of a token whose lifetime is not known. */
const UNKNOWN_LIFETIME_MS = 60_000;
const MAX_MARGIN_MS = 30_000;
/** A token is asked for again on account of a refusal no sooner than this. */
const LEAST_AGE_MS = 10_000;
const WAIT = { baseMs: 1_000, maxMs: 30_000, jitter: "none" } as const;

interface Current {
  readonly value: string;
  readonly fetchedAt: number;
  /** From then on another one is fetched; while that fails, this one serves on until it expires. */
  readonly renewAt: number;
  readonly expiresAt: number;
}

/** @param latest when it may not be used any more, whatever is said of it, on the clock of `performance.now()` */
export function createHeldToken(latest: number = Number.POSITIVE_INFINITY): HeldToken {
  let current: Current | null = null;
  let flight: Promise<string> | null = null;
  let failures = 0;
  let failed: { readonly error: unknown; readonly until: number } | null = null;

  async function renew(fetch: FetchToken): Promise<string> {
    try {
      const asked = performance.now();
      const { value, lifetimeMs } = await fetch();
      const lifetime = lifetimeMs ?? UNKNOWN_LIFETIME_MS;
      const ends = asked + lifetime;
      const expiresAt = Math.min(ends, latest);
      // Another one would be used no longer than this one.
      const renewAt = ends < latest ? ends - Math.min(MAX_MARGIN_MS, lifetime / 10) : latest;
      current = { value, fetchedAt: performance.now(), renewAt, expiresAt };
      failures = 0;
      failed = null;
      return value;
    } catch (error) {
      failures += 1;
      failed = { error, until: performance.now() + backoffMs(failures, WAIT) };
      throw error;
    } finally {
      flight = null;
    }
  }

  async function fresh(fetch: FetchToken): Promise<string> {
    if (flight !== null) {
      return flight;
    }
    if (failed !== null && performance.now() < failed.until) {
      throw failed.error;
    }
    return (flight = renew(fetch));
  }

  return {
    async get(fetch) {
      const now = performance.now();
      if (current !== null && now < current.renewAt) {
        return current.value;
      }
      const former = current;
      try {
        return await fresh(fetch);
      } catch (error) {
        if (former !== null && current === former && performance.now() < former.expiresAt) {
          return former.value;
        }
        throw error;
      }
    },
    async replace(refused, fetch) {
      if (current !== null && current.value !== refused && performance.now() < current.renewAt) {
        return current.value;
      }
      if (current !== null && performance.now() - current.fetchedAt < LEAST_AGE_MS) {
        return null;
      }
      const value = await fresh(fetch);
      return value === refused ? null : value;
    },
  };
}
