import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey } from "jose";

export interface RemoteKeysOptions {
  readonly jwksUrl: string;
  readonly observer: {
    signingKeysFetchFailed(event: { readonly message: string; readonly usable: boolean }): void;
    signingKeysFetched(): void;
  };
  /** For one request for the keys. Default: 2 s. */
  readonly timeoutMs?: number;
  /** Keys older than this are fetched anew; no request waits for that once it has failed. Default: 10 min. */
  readonly refreshMs?: number;
  /** Keys that could not be refreshed are used no longer than this. Default: 1 h. */
  readonly maxAgeMs?: number;
  /** Least time between two fetches: for an unknown key id, and after a failure. Default: 10 s and 2 s. */
  readonly cooldownMs?: number;
  readonly retryMs?: number;
}

const MAX_BYTES = 256 * 1024;

/** Where the keys could not be fetched; the token itself may be good. */
export class KeysUnavailableError extends Error {
  override readonly name = "KeysUnavailableError";
}

/**
 * The issuer's published keys: fetched when first needed, renewed when they get old, and again when a token
 * names one that is not among them. While the issuer is down they serve on until they are `maxAgeMs` old.
 */
export function createRemoteKeys(options: RemoteKeysOptions): JWTVerifyGetKey {
  const { jwksUrl, observer, timeoutMs = 2_000, refreshMs = 600_000 } = options;
  const { maxAgeMs = 3_600_000, cooldownMs = 10_000, retryMs = 2_000 } = options;
  // By a clock that is never set, but for `fetchedWall`.
  let fetchedAt = -Infinity;
  let failedAt = -Infinity;
  /** By the clock of the machine, as `jose` keeps it. */
  let fetchedWall = -Infinity;
  let failure: KeysUnavailableError | null = null;

  async function fetchKeys(url: string, init: RequestInit): Promise<Response> {
    // While the issuer is down, requests must not each wait for it in turn.
    if (failure !== null && performance.now() - failedAt < retryMs) {
      throw failure;
    }
    try {
      const keys = await readBounded(await fetch(url, init));
      fetchedAt = performance.now();
      fetchedWall = Date.now();
      failure = null;
      observer.signingKeysFetched();
      return Response.json(keys);
    } catch (cause) {
      const problem =
        (cause as Error).name === "TimeoutError" ? `no response within ${timeoutMs} ms` : describe(cause);
      failure = new KeysUnavailableError(`The issuer's keys cannot be fetched from ${jwksUrl}: ${problem}`, {
        cause,
      });
      failedAt = performance.now();
      observer.signingKeysFetchFailed({ message: failure.message, usable: failedAt - fetchedAt < maxAgeMs });
      throw failure;
    }
  }

  const keys = createRemoteJWKSet(new URL(jwksUrl), {
    timeoutDuration: timeoutMs,
    cooldownDuration: cooldownMs,
    cacheMaxAge: maxAgeMs,
    [customFetch]: fetchKeys,
  });
  return async (header, token) => {
    // When the clock was set back, `jose` would fetch no new keys until it shows the former time again.
    if (keys.fresh && (performance.now() - fetchedAt >= refreshMs || Date.now() < fetchedWall)) {
      const isReachable = failure === null;
      // Its failure is reported by `fetchKeys`; the keys at hand still serve.
      const renewal = keys.reload().catch(() => {});
      if (isReachable) {
        await renewal;
      }
    }
    return keys(header, token);
  };
}

async function readBounded(response: Response): Promise<unknown> {
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`status ${response.status}`);
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > MAX_BYTES) {
      throw new Error(`more than ${MAX_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  const value: unknown = JSON.parse(Buffer.concat(chunks).toString("utf8"));
  const { keys } = value as { keys?: unknown };
  if (!Array.isArray(keys)) {
    throw new errors.JWKSInvalid("no JSON Web Key Set");
  }
  return value;
}

function describe(cause: unknown): string {
  const { message, cause: inner } = cause as Error;
  return inner instanceof Error ? `${message} (${inner.message})` : message;
}
