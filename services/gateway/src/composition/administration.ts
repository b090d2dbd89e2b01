import type { FastifyInstance } from "fastify";
import type { AppDependencies } from "../app.ts";
import type { GatewayConfig } from "../config/schema.ts";
import { type Cleanup, addressOf, listeningAddress } from "@sark/service-start";
import { createServerDrain, type ServerDrain, createOriginGuard } from "@sark/http-service";
import { startListenerTls } from "./listener-tls.ts";

/** The port of those who look after the gateway, where it is one of their own. */
export interface Administration {
  /** `null` where they are served as all others are. */
  readonly served: AppDependencies["administration"];
  /** Where it listens; `null` where it is no port of its own. */
  listen(app: FastifyInstance | null): Promise<string | null>;
  /** No new connections; resolves when the last one has ended. */
  close(timeoutMs: number): Promise<void>;
}

export function administrationOf(
  config: GatewayConfig,
  observer: Parameters<typeof startListenerTls>[1],
  cleanups: Cleanup[],
): Administration {
  const { host, port } = config.admin;
  const drain: ServerDrain = createServerDrain();
  // Of its own: each follows the files for one server.
  const tls = port === undefined ? null : startListenerTls(config, observer);
  cleanups.push(async () => tls?.close());
  return {
    served:
      port === undefined ? null : { originGuard: createOriginGuard({ ...config.http, host }), drain, tls },
    async listen(app) {
      if (app === null || port === undefined) {
        return null;
      }
      await app.listen({ host: listeningAddress(host), port });
      return addressOf(app.server.address(), host, tls === null ? "http" : "https");
    },
    close: (timeoutMs) => drain.start(timeoutMs),
  };
}
