import { timingSafeEqual } from "node:crypto";
import { dirname } from "node:path";
import { filePrint } from "@sark/observability/files";
import type { Authenticated } from "../../domain/principal.ts";
import { readSettled, watchFolder } from "@sark/observability/files";
import { AuthenticationError, digestOf, isApiKey } from "@sark/authentication";
import type { AuthenticationObserver } from "../contract/observer.ts";
import { parseKeyFile, readKeyFileText, type ApiKeyRecord } from "./key-file.ts";
import { recordKeyUsage } from "./key-usage.ts";

/** The API keys of a file, kept up to date with it. */
export interface ApiKeyStore {
  /** Whose key this is; throws `AuthenticationError`. */
  authenticate(key: string): Authenticated;
  /** Whether this key is good now. */
  knows(key: string): boolean;
  /** Why what is on disk is not in force; `null` when it is. */
  loadError(): string | null;
  /** Resolves once it is written when keys were used last. */
  close(): Promise<void>;
}

interface IssuedKey {
  readonly digest: Buffer;
  /** Milliseconds since 1970; `Infinity` for one that does not expire. */
  readonly expires: number;
  readonly authenticated: Authenticated;
}

/**
 * Reads the file and follows its changes; throws `ApiKeyFileError` where it cannot be used at first. A later
 * edit that cannot be used leaves the keys before it in force, and is reported once.
 */
export async function openApiKeyStore(options: {
  readonly file: string;
  readonly observer: AuthenticationObserver;
  readonly pollMs?: number;
  /** Time between two writes of when keys were used last. Default: a minute. */
  readonly usageMs?: number;
}): Promise<ApiKeyStore> {
  const { file, observer } = options;
  /** Tells the newest attempt from the next one. */
  let attempted = await readKeyFileText(file);
  let keys = toLookup(parseKeyFile(file, attempted).keys);
  let loadError: string | null = null;
  observer.apiKeysLoaded({ keys: keys.size });

  async function reload(): Promise<void> {
    const reading = await readSettled(
      () => readKeyFileText(file),
      (read) => read,
      attempted,
    );
    if (reading.print === attempted) {
      return;
    }
    attempted = reading.print;
    try {
      if ("error" in reading) {
        throw reading.error;
      }
      keys = toLookup(parseKeyFile(file, reading.value).keys);
      loadError = null;
      usage.keysChanged();
      observer.apiKeysLoaded({ keys: keys.size });
    } catch (error) {
      loadError = (error as Error).message;
      observer.apiKeysLoadFailed({ message: loadError });
    }
  }

  const { pollMs, usageMs } = options;
  const usage = recordKeyUsage({
    keyFile: file,
    isKey: (digest) => keys.has(digest),
    failed: (event) => observer.apiKeyUsageNotWritten(event),
    ...(usageMs === undefined ? {} : { intervalMs: usageMs }),
  });
  const watcher = watchFolder(dirname(file), reload, {
    print: () => filePrint(file),
    ...(pollMs === undefined ? {} : { pollMs }),
  });
  return {
    authenticate(key) {
      const { digest, authenticated } = find(keys, key);
      usage.used(digest);
      return authenticated;
    },
    knows(key) {
      try {
        find(keys, key);
        return true;
      } catch {
        return false;
      }
    },
    loadError: () => loadError,
    close() {
      watcher.close();
      return usage.close();
    },
  };
}

/** One SHA-256 and one look-up, however many keys there are and whatever is tried. */
function find(
  keys: ReadonlyMap<string, IssuedKey>,
  key: string,
): { readonly digest: string; readonly authenticated: Authenticated } {
  if (!isApiKey(key)) {
    throw new AuthenticationError("malformed_credentials", "The API key is incomplete or mistyped.");
  }
  const digest = digestOf(key);
  const issued = keys.get(digest);
  if (issued === undefined || !timingSafeEqual(issued.digest, Buffer.from(digest, "hex"))) {
    throw new AuthenticationError("unknown_key", "The API key is not known, or has been withdrawn.");
  }
  if (Date.now() >= issued.expires) {
    throw new AuthenticationError("expired_key", "The API key has expired.");
  }
  return { digest, authenticated: issued.authenticated };
}

/** A record stands for its key, and for those that this took the place of, as long as they are good. */
function toLookup(records: readonly ApiKeyRecord[]): Map<string, IssuedKey> {
  return new Map(
    records.flatMap((record) => {
      const authenticated = toAuthenticated(record);
      return [record, ...record.previous].map(({ sha256, expires }): [string, IssuedKey] => [
        sha256,
        {
          digest: Buffer.from(sha256, "hex"),
          expires: expires === null ? Infinity : Date.parse(expires),
          authenticated,
        },
      ]);
    }),
  );
}

function toAuthenticated({ scope, ...record }: ApiKeyRecord): Authenticated {
  return Object.freeze({
    credential: `api_key:${record.id}`,
    principal: Object.freeze({
      id: record.principal,
      type: record.type,
      actor: null,
      tenant: record.tenant,
      roles: Object.freeze([...record.roles]),
      attributes: record.attributes,
      method: "api_key",
      ...(scope === null ? {} : { scope }),
    }),
  });
}
