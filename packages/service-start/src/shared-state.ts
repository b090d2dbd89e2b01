import { openTlsFiles } from "@sark/audit/delivery";
import { expandReferences, isLoopback } from "@sark/observability/settings";
import { within } from "@sark/observability/waiting";
import { ConfigurationError } from "@sark/settings";
import type { SharedState, SharedStateObserver } from "@sark/shared-state";
import type { RedisSettings } from "@sark/shared-state/config";
import type { Cleanup } from "./cleanup.ts";

/** What is told of it. */
interface SharedStateTelemetry {
  readonly sharedState: SharedStateObserver;
  readonly lifecycle: {
    /** It is asked without TLS over a network. */
    sharedStateIsPlain(host: string): void;
  };
}

/** So that the first calls, too, are counted among all replicas; without it the gateway starts all the same. */
const FIRST_ATTEMPT_MS = 2_000;

/** What replicas share, where it is configured; not connected yet. Throws `ConfigurationError` when a secret or a file cannot be read. */
export async function startSharedState(
  config: RedisSettings | undefined,
  environment: NodeJS.ProcessEnv,
  telemetry: SharedStateTelemetry,
  cleanups: Cleanup[],
): Promise<SharedState | null> {
  if (config === undefined) {
    return null;
  }
  const { url: reference, timeout: timeoutMs, keyPrefix, tls } = config;
  const settings = settingsOf(reference, tls, environment);
  checkUrl(settings, telemetry);
  // Loaded only where it is used: a start compiles it.
  const { openSharedState } = await import("@sark/shared-state/open");
  const state = openSharedState({ settings, timeoutMs, keyPrefix, observer: telemetry.sharedState });
  cleanups.push(() => state.close());
  return state;
}

/** Once those that listen have said so. */
export async function connectSharedState(state: SharedState | null): Promise<void> {
  if (state !== null) {
    await within(FIRST_ATTEMPT_MS, state.start(), undefined);
  }
}

type Settings = () => { readonly url: string; readonly tls: object };

/** Read again for each connection: a password that was rotated is in use with the next one. */
function settingsOf(reference: string, tls: RedisSettings["tls"], environment: NodeJS.ProcessEnv): Settings {
  try {
    const files = tls === undefined ? undefined : openTlsFiles({ ...tls, verify: true });
    return () => ({
      url: expandReferences(reference, environment, encodeURIComponent),
      tls: files?.current() ?? {},
    });
  } catch (cause) {
    throw new ConfigurationError(`redis.tls: ${(cause as Error).message}`, { cause });
  }
}

function checkUrl(settings: Settings, telemetry: Pick<SharedStateTelemetry, "lifecycle">): void {
  let url: string;
  try {
    ({ url } = settings());
  } catch (cause) {
    throw new ConfigurationError(`redis.url: ${(cause as Error).message}`, { cause });
  }
  if (!/^rediss?:\/\/[^/]/.test(url) || !URL.canParse(url)) {
    // It may hold a password: it is not repeated.
    throw new ConfigurationError("redis.url: must look like redis://user:${PASSWORD}@host:6379/0");
  }
  const { protocol, hostname } = new URL(url);
  if (protocol === "redis:" && !isLoopback(hostname)) {
    telemetry.lifecycle.sharedStateIsPlain(hostname);
  }
}
