import type { Logger } from "@sark/observability/logging";

/** What happens to the process, from its start to its end. */
export interface LifecycleEvents {
  listening(url: string): void;
  startFailed(error: unknown): void;
  /** The start failed, and what it had begun could not all be ended. */
  notEnded(error: unknown): void;
  /** Processes of an earlier PostgreSQL in the data directory have to end first. */
  databaseAwaited(pids: readonly number[]): void;
  /** One login owns the tables and works on them. */
  databaseRoleIsShared(): void;
  sharedStateIsPlain(host: string): void;
  logShippingIsPlain(endpoint: string): void;
  /** Without a configured key, other replicas cannot open what this one seals, and neither can it without its data directory. */
  webhookKeyIsOfThisReplica(): void;
  /** Secrets that were plain, or sealed with a former key. */
  webhookSecretsSealed(count: number, keyName: string): void;
}

export function createLifecycleEvents({ logger }: { readonly logger: Logger }): LifecycleEvents {
  return {
    listening: (url) => logger.info({ url }, "metrics service listening"),
    startFailed: (error) => logger.fatal({ error }, "the service could not start"),
    notEnded: (error) => logger.error({ error }, "what was started could not be ended"),
    databaseAwaited: (pids) => logger.warn({ pids }, "waiting for processes of an earlier PostgreSQL to end"),
    databaseRoleIsShared: () =>
      logger.info(
        {},
        "the login of database.url takes the service's role: database.serviceUrl would keep it apart",
      ),
    logShippingIsPlain: (endpoint) =>
      logger.warn({ endpoint }, "log lines go to CloudWatch without TLS over a network"),
    webhookKeyIsOfThisReplica: () =>
      logger.info(
        {},
        "secrets of webhooks are sealed with a key of this data directory alone: webhooks.secretKey would be that of every replica",
      ),
    webhookSecretsSealed: (count, key) =>
      logger.info({ count, key }, "secrets of webhooks were sealed with the current key"),
    sharedStateIsPlain: (host) =>
      logger.warn(
        { host },
        "the shared state is asked without TLS over a network, and its password goes with it",
      ),
  };
}
