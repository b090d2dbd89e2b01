import type { LiveConnection } from "./connection.ts";

/**
 * Looks at the credentials of all connections, one after the other. The first one that cannot be told about ends the round: the
 * database is away, and each further one would wait for it. What could not be told about for too long is ended, so that a
 * withdrawn key is good for a bounded time in whatever state the database is.
 */
export function createRecheck(options: {
  readonly connections: ReadonlySet<Pick<LiveConnection, "stillGood" | "end" | "openedAt">>;
  readonly maxUnknownMs: number;
  /** By the process's clock, in milliseconds. */
  now?(): number;
}): () => Promise<void> {
  const { connections, maxUnknownMs } = options;
  const now = () => options.now?.() ?? performance.now();
  /** When the last round had begun that got to its end. */
  let knownAt = -Infinity;
  let checking = false;

  async function round(): Promise<boolean> {
    for (const connection of connections) {
      const isGood = await connection.stillGood().catch(() => null);
      if (isGood === null) {
        return false;
      }
      if (!isGood) {
        connection.end("credential_ended");
      }
    }
    return true;
  }

  return async function recheck() {
    if (checking) {
      return;
    }
    checking = true;
    const begun = now();
    if (await round()) {
      knownAt = begun;
    } else {
      for (const connection of connections) {
        // What is new was told about when it was opened.
        if (now() - Math.max(knownAt, connection.openedAt) > maxUnknownMs) {
          connection.end("credential_unknown");
        }
      }
    }
    checking = false;
  };
}
