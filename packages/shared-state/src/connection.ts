import { createClient, type RedisClientType } from "@redis/client";
import { SharedStateError } from "./errors.ts";
import type { Script } from "./script.ts";

/** What a connection is opened with; read anew for each. */
export interface ConnectionSettings {
  readonly url: string;
  readonly tls: {
    readonly ca?: string;
    readonly cert?: string;
    readonly key?: string;
    readonly servername?: string;
  };
}

/** One connection. It does not come back once it broke. */
export interface Connection {
  run(script: Script, keys: readonly string[], args: readonly string[]): Promise<unknown>;
  /** Has a script write a key: a server that only responds to questions is of no use. */
  probe(key: string): Promise<void>;
  close(): void;
}

/** Commands that wait for their responses: more than calls can be in flight. */
const MAX_WAITING = 20_000;

/** Told of each message of a channel. */
export type ChannelListener = (message: string) => void;

/** Resolves when the server takes commands and listens for us. Rejects with the server's or the system's error. */
export async function connect(
  { url, tls }: ConnectionSettings,
  options: {
    readonly timeoutMs: number;
    /** What is listened to on this connection: while it stands, no message is missed. */
    readonly channels: ReadonlyMap<string, ChannelListener>;
    broken(error: Error): void;
  },
): Promise<Connection> {
  const common = { connectTimeout: options.timeoutMs, reconnectStrategy: false } as const;
  const client = createClient({
    url,
    socket: url.startsWith("rediss:") ? { ...common, tls: true, ...tls } : common,
    // What cannot be asked now is decided without it: nothing waits for a connection.
    disableOfflineQueue: true,
    commandsQueueMaxLength: MAX_WAITING,
    disableClientInfo: true,
    maintNotifications: "disabled",
  }) as RedisClientType;
  // What goes wrong before it is open is told by `connect` itself.
  let open = false;
  client.on("error", (error: Error) => {
    if (open) {
      options.broken(error);
    }
  });
  try {
    await client.connect();
    for (const [channel, listener] of options.channels) {
      await client.subscribe(channel, listener);
    }
  } catch (error) {
    destroy(client);
    throw error;
  }
  open = true;
  return {
    async run(script, keys, args) {
      const what = { keys: [...keys], arguments: [...args] };
      try {
        return await client.evalSha(script.sha1, what);
      } catch (error) {
        if (!(error instanceof Error) || !error.message.startsWith("NOSCRIPT")) {
          throw error;
        }
        return client.eval(script.text, what);
      }
    },
    async probe(key) {
      await client.eval(PROBE, { keys: [key], arguments: [PROBE_KEPT_MS] });
    },
    close: () => destroy(client),
  };
}

const PROBE = "return redis.call('SET', KEYS[1], '1', 'PX', ARGV[1])";
const PROBE_KEPT_MS = "10000";

function destroy(client: RedisClientType): void {
  if (client.isOpen) {
    client.destroy();
  }
}

/** An error of a request, in the words of the closed list. */
export function sharedStateError(error: unknown): SharedStateError {
  if (error instanceof SharedStateError) {
    return error;
  }
  const { message, code } = error as NodeJS.ErrnoException;
  // Redis begins its errors with a word in capitals: LOADING, READONLY, OOM, NOAUTH, WRONGPASS.
  const isResponse = /^[A-Z]{2,}(?: |$)/.test(message) && code === undefined;
  return new SharedStateError(
    isResponse ? "refused" : "unreachable",
    message === "" ? (code ?? "the connection failed") : message,
    { cause: error },
  );
}
