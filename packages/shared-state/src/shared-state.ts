import { backoffMs, createWakeUp, wait } from "@sark/observability/waiting";
import {
  connect,
  sharedStateError,
  type ChannelListener,
  type Connection,
  type ConnectionSettings,
} from "./connection.ts";
import { SharedStateError } from "./errors.ts";
import type { SharedStateObserver } from "./observer.ts";
import type { Script } from "./script.ts";

/** Redis or Valkey, as far as it can be asked right now. */
export interface SharedState {
  /**
   * Runs a script on keys below the prefix. Rejects with a `SharedStateError`: at once while the server is known to be
   * away, else after the time limit at the latest.
   */
  run(script: Script, keys: readonly string[], args: readonly string[]): Promise<unknown>;
  readonly status: SharedStateStatus;
  /**
   * Has messages of a channel below the prefix handed to `listener`, on the same connection as all else: a message that
   * was sent while it was up has come before any later response. One listener for a channel; to be called before `start`.
   */
  listen(channel: string, listener: ChannelListener): void;
  /** Calls `listener` each time that it comes up: what was sent meanwhile was missed. */
  onUp(listener: () => void): void;
  /** Begins to connect. Resolves when it is up for the first time, or could not be reached. */
  start(): Promise<void>;
  close(): Promise<void>;
}

export interface SharedStateStatus {
  readonly up: boolean;
  /** Counts the times that it came up. */
  readonly times: number;
  /** When it came up or went away: Unix milliseconds. */
  readonly since: number;
  /** The same by `performance.now()`, for how long it lasts: the clock of the machine may be set meanwhile. */
  readonly changed: number;
  /** Why it is away; `null` while it is up. */
  readonly problem: string | null;
}

export interface SharedStateOptions {
  /** Throws when a secret cannot be read. */
  settings(): ConnectionSettings;
  readonly timeoutMs: number;
  readonly keyPrefix: string;
  readonly observer: SharedStateObserver;
}

/** Connections take longer than requests: a name is looked up, and TLS set up. */
const LEAST_CONNECT_MS = 1_000;
const RETRY = { baseMs: 50, maxMs: 2_000 };
/** One that was up for less is tried again later each time: it takes the probe, and not what it is asked. */
const STEADY_MS = 5_000;

/**
 * Keeps one connection. A request that fails, for whatever reason, makes it "away": from then on no caller waits for it,
 * and a loop in the background tries it until it takes a write again.
 */
export function openSharedState(options: SharedStateOptions): SharedState {
  const { timeoutMs, keyPrefix, observer } = options;
  const closing = new AbortController();
  const wakeUp = createWakeUp();
  const first = Promise.withResolvers<void>();
  let connection: Connection | null = null;
  const channels = new Map<string, ChannelListener>();
  const upListeners: (() => void)[] = [];
  let status: SharedStateStatus = { up: false, times: 0, ...changedNow(), problem: "not connected yet" };
  let told = false;

  function goDown({ code, message }: SharedStateError): void {
    if (status.up || !told) {
      observer.wentDown({ code, message });
    }
    told = true;
    status = { ...status, up: false, ...(status.up ? changedNow() : {}), problem: message };
    wakeUp.wake();
  }

  function disconnect(): void {
    connection?.close();
    connection = null;
  }

  /** One attempt to have it take a write: on the connection that there is, else on a new one. */
  async function attempt(): Promise<void> {
    if (connection === null) {
      const opened = await connect(options.settings(), {
        timeoutMs: Math.max(timeoutMs, LEAST_CONNECT_MS),
        channels,
        broken(error) {
          if (connection === opened) {
            disconnect();
            goDown(sharedStateError(error));
          }
        },
      });
      if (closing.signal.aborted) {
        opened.close();
        return;
      }
      connection = opened;
    }
    await inTime(connection.probe(`${keyPrefix}probe`), timeoutMs);
  }

  async function keepUp(): Promise<void> {
    let failures = 0;
    while (!closing.signal.aborted) {
      if (status.up) {
        const { changed } = status;
        await wakeUp.wait(Infinity, closing.signal);
        failures = performance.now() - changed < STEADY_MS ? failures + 1 : 0;
        await wait(backoffMs(failures, RETRY), { signal: closing.signal });
        continue;
      }
      try {
        await attempt();
        told = true;
        status = { up: true, times: status.times + 1, ...changedNow(), problem: null };
        observer.cameUp();
        for (const listener of upListeners) {
          listener();
        }
      } catch (error) {
        disconnect();
        failures += 1;
        goDown(sharedStateError(error));
      }
      first.resolve();
      if (!status.up) {
        await wait(backoffMs(failures, RETRY), { signal: closing.signal });
      }
    }
    disconnect();
  }

  let done: Promise<void> | null = null;

  return {
    async run(script, keys, args) {
      if (!status.up || connection === null) {
        throw new SharedStateError("away", status.problem ?? "away");
      }
      const started = performance.now();
      try {
        const prefixed = keys.map((key) => keyPrefix + key);
        const result = await inTime(connection.run(script, prefixed, args), timeoutMs);
        observer.responded((performance.now() - started) / 1_000);
        return result;
      } catch (cause) {
        const error = sharedStateError(cause);
        observer.failed(error.code);
        goDown(error);
        throw error;
      }
    },
    get status() {
      return status;
    },
    listen: (channel, listener) => void channels.set(keyPrefix + channel, listener),
    onUp: (listener) => void upListeners.push(listener),
    start() {
      done ??= keepUp();
      return first.promise;
    },
    async close() {
      closing.abort();
      disconnect();
      first.resolve();
      await done;
    },
  };
}

function changedNow(): Pick<SharedStateStatus, "since" | "changed"> {
  return { since: Date.now(), changed: performance.now() };
}

/** A response that has arrived counts as one, also when this thread was busy for too long to look at it in time. */
function inTime<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = () => reject(new SharedStateError("timeout", `no response within ${timeoutMs} ms`));
    const timer = setTimeout(() => setImmediate(late), timeoutMs);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
