import type { Logger } from "@sark/observability/logging";

/** What happens to the process, from its start to its end. */
export interface LifecycleEvents {
  listening(at: { readonly url: string; readonly adminUrl: string | null }): void;
  startFailed(error: unknown): void;
  /** The start failed, and what it had begun could not all be ended. */
  notEnded(error: unknown): void;
  /** Processes of an earlier PostgreSQL in the data directory have to end first. */
  databaseAwaited(pids: readonly number[]): void;
  logShippingIsPlain(endpoint: string | undefined): void;
  destinationIsPlain(destination: string): void;
  /** A destination of an earlier configuration, to which events are still owed. */
  destinationLeftOver(destination: string): void;
  sharedStateIsPlain(host: string): void;
  /** Replicas that do not have its key can read nothing of what this one shares. */
  sessionKeyIsOwn(): void;
}

/** @param worker of several workers, which all have the same configuration, the first one warns of it, and the one that takes its place. */
export function createLifecycleEvents(deps: {
  readonly logger: Logger;
  readonly worker: number | null;
}): LifecycleEvents {
  const { logger, worker } = deps;
  const warn: Logger["warn"] = (fields, message) => {
    if (worker === null || worker === 1) {
      logger.warn(fields, message);
    }
  };
  return {
    listening: ({ url, adminUrl }) =>
      logger.info({ url, ...(adminUrl === null ? {} : { admin_url: adminUrl }) }, "gateway listening"),
    startFailed: (error) => logger.fatal({ error }, "the gateway could not start"),
    notEnded: (error) => logger.error({ error }, "what was started could not be ended"),
    databaseAwaited: (pids) => logger.warn({ pids }, "waiting for processes of an earlier PostgreSQL to end"),
    logShippingIsPlain: (endpoint) =>
      warn({ endpoint }, "log lines go to CloudWatch without TLS over a network"),
    destinationIsPlain: (destination) =>
      warn(
        { destination },
        "events go to this destination, and its key with them, without TLS over a network",
      ),
    destinationLeftOver: (destination) =>
      warn(
        { destination },
        "retention waits for a destination that is not configured: configure it, or remove it",
      ),
    sharedStateIsPlain: (host) =>
      warn({ host }, "the shared state is asked without TLS over a network, and its password goes with it"),
    sessionKeyIsOwn: () =>
      warn(
        {},
        "sessions are shared by processes with this data directory alone: give all replicas the same mcp.sessionKey",
      ),
  };
}
