import { AuthenticationError, digestOf, isApiKey, type Identity } from "@sark/authentication";
import { within } from "@sark/observability/waiting";
import { LRUCache } from "lru-cache";
import type { Database } from "../database/database.ts";
import type { CredentialProof } from "../domain/caller.ts";

/** A key that was looked up. */
interface KnownKey {
  readonly id: string;
  readonly principal: Identity;
  /** Unix milliseconds; `null`: without an end. */
  readonly goodUntil: number | null;
}

export interface AuthenticatedByKey {
  readonly principal: Identity;
  readonly credential: string;
  readonly proof: CredentialProof;
}

/** Whose API keys are. */
export interface ApiKeys {
  /**
   * Rejects with `AuthenticationError`, or with what the database says. `toWatch`: for metrics and health alone, which a key that was
   * good before has also while the database does not say so.
   */
  authenticate(key: string, toWatch?: boolean): Promise<AuthenticatedByKey>;
  /** The same by the key's digest, of a key that was good before. */
  recall(sha256: string): Promise<AuthenticatedByKey>;
  /** Whether the key was good within the last hour, as far as is known. */
  isFamiliar(key: string): boolean;
  /** Forgets what is known of keys: after a change of this process. */
  forget(): void;
}

/** A key that is withdrawn elsewhere is good for so much longer. */
const REMEMBERED_MS = 5_000;
const MAX_REMEMBERED = 10_000;
/**
 * Its owner is not shut out for what others at the same address get wrong: longer than a sender pauses. It is looked up all the
 * same.
 */
const FAMILIAR_MS = 3_600_000;
const MAX_WATCHING = 100;
/** A scrape has an end, and a database that hangs has none. */
const WATCHER_WAITS_MS = 2_000;

interface FoundKey {
  readonly key_id: string;
  readonly tenant_id: string | null;
  readonly principal: string;
  readonly principal_type: "user" | "agent";
  readonly roles: readonly string[];
  readonly good_until: Date | null;
  readonly is_revoked: boolean;
  readonly is_suspended: boolean;
}

export function createApiKeys(database: Pick<Database, "withoutTenant">): ApiKeys {
  // By the digest, so that memory holds no key.
  const remembered = new LRUCache<string, KnownKey>({ max: MAX_REMEMBERED, ttl: REMEMBERED_MS });
  const familiar = new LRUCache<string, true>({ max: MAX_REMEMBERED, ttl: FAMILIAR_MS });
  /** Of those that watch the service. */
  const watching = new LRUCache<string, KnownKey>({ max: MAX_WATCHING, ttl: FAMILIAR_MS });
  let generation = 0;

  async function find(digest: string): Promise<KnownKey> {
    const { rows } = await database.withoutTenant("authenticate", (tx) =>
      tx.query<FoundKey & Record<string, unknown>>({
        name: "find-api-key",
        text: "SELECT * FROM metrics.find_api_key($1)",
        values: [Buffer.from(digest, "hex")],
      }),
    );
    const [found] = rows;
    if (found === undefined || found.is_revoked) {
      throw new AuthenticationError("unknown_key", "This API key is not known, or was withdrawn.");
    }
    if (found.is_suspended) {
      throw new AuthenticationError("unknown_key", "The tenant of this API key is suspended.");
    }
    return {
      id: found.key_id,
      goodUntil: found.good_until?.getTime() ?? null,
      principal: Object.freeze({
        id: found.principal,
        type: found.principal_type,
        actor: null,
        tenant: found.tenant_id,
        roles: Object.freeze([...found.roles]),
        attributes: {},
        method: "api_key",
      }),
    };
  }

  /**
   * Who watches the service sees its metrics and health, and no more, while the database does not say whose key it is: alerts about
   * the database rest on what the service says of it.
   */
  async function findOrWatch(sha256: string): Promise<{ known: KnownKey; isCurrent: boolean }> {
    let failure: unknown = new Error("The database does not say whose key it is.");
    try {
      const known = await within(WATCHER_WAITS_MS, find(sha256), null);
      if (known !== null) {
        return { known, isCurrent: true };
      }
    } catch (error) {
      if (error instanceof AuthenticationError) {
        watching.delete(sha256);
        throw error;
      }
      failure = error;
    }
    // Looked at now: keys may have changed meanwhile.
    const before = watching.get(sha256);
    if (before === undefined) {
      throw failure;
    }
    return watcher(before);
  }

  async function knownKey(sha256: string, toWatch: boolean): Promise<KnownKey> {
    let known = remembered.get(sha256);
    if (known === undefined) {
      const asOf = generation;
      const found =
        toWatch && watching.has(sha256)
          ? await findOrWatch(sha256)
          : { known: await find(sha256), isCurrent: true };
      known = found.known;
      // What was found before a withdrawal must not be remembered after it.
      if (asOf === generation && found.isCurrent) {
        remembered.set(sha256, known);
        if (isWatcher(known)) {
          watching.set(sha256, known);
        }
      }
      familiar.set(sha256, true);
    }
    if (known.goodUntil !== null && known.goodUntil <= Date.now()) {
      throw new AuthenticationError("expired_key", "This API key has expired.");
    }
    return known;
  }

  async function recall(sha256: string, toWatch = false): Promise<AuthenticatedByKey> {
    try {
      const { principal, id } = await knownKey(sha256, toWatch);
      return { principal, credential: `api_key:${id}`, proof: { kind: "api_key", sha256 } };
    } catch (error) {
      if (error instanceof AuthenticationError) {
        familiar.delete(sha256);
      }
      throw error;
    }
  }

  return {
    async authenticate(key, toWatch = false) {
      if (!isApiKey(key)) {
        throw new AuthenticationError("unknown_key", "This API key is not known, or was withdrawn.");
      }
      return recall(digestOf(key), toWatch);
    },
    recall: (sha256) => recall(sha256),
    isFamiliar: (key) => isApiKey(key) && familiar.has(digestOf(key)),
    forget() {
      generation += 1;
      remembered.clear();
      watching.clear();
    },
  };
}

function isWatcher({ principal: { tenant, roles } }: KnownKey): boolean {
  return tenant === null && roles.includes("metrics");
}

function watcher(known: KnownKey): { known: KnownKey; isCurrent: false } {
  const principal = Object.freeze({ ...known.principal, roles: Object.freeze(["metrics"]) });
  return { known: { ...known, principal }, isCurrent: false };
}
