import { runInContext } from "@sark/observability/logging";
import { hostname } from "node:os";
import { ConfigurationError } from "@sark/settings";
import type { GatewayConfig } from "../config/schema.ts";
import type { Forwarding } from "../domain/forwarding.ts";
import type { McpEndpoint } from "../mcp/endpoint.ts";
import type { SharedState } from "@sark/shared-state";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { Cleanup } from "@sark/service-start";
import type { ReplicaIdentity } from "./replica-name.ts";

export interface StartedReplicas {
  readonly forwarding: Forwarding;
  /** Takes what others pass on, and tells them where. */
  listen(endpoint: Pick<McpEndpoint, "handle">, cleanups: Cleanup[]): Promise<void>;
}

function openTls<T>(open: () => T): T {
  try {
    return open();
  } catch (cause) {
    throw new ConfigurationError((cause as Error).message, { cause });
  }
}

/** Responses that are under way when all calls have ended. */
const CLOSE_GRACE_MS = 1_000;

/** The other replicas: who they are, and passing requests on to them. What it opens is closed after the sessions are. */
export async function startReplicas(
  config: Pick<GatewayConfig, "http" | "replicas">,
  deps: {
    readonly state: SharedState;
    readonly key: Buffer;
    readonly identity: ReplicaIdentity;
    readonly telemetry: Pick<Telemetry, "replicas">;
    /** Another one is lost, and this one is to clear up after it. */
    lost(replica: string): void;
  },
  cleanups: Cleanup[],
): Promise<StartedReplicas> {
  const { state, identity, telemetry } = deps;
  // Loaded only where they are used: a start compiles them.
  const [
    { createSeal },
    { createReplicaDirectory },
    { createForwarder },
    { listenForForwarded },
    { openReplicaTls },
  ] = await Promise.all([
    import("@sark/shared-state"),
    import("../replicas/directory.ts"),
    import("../replicas/forwarder.ts"),
    import("../replicas/listener.ts"),
    import("../replicas/tls-files.ts"),
  ]);
  const { id } = identity;
  const seal = createSeal(deps.key, "replicas");
  const observer = telemetry.replicas;
  const directory = createReplicaDirectory({
    state,
    seal,
    id,
    gaveUp(replica) {
      observer.lost(replica);
      deps.lost(replica);
    },
    vanished: (replica) => forwarder.vanished(replica),
  });
  const { host, port, advertisedHost, tls: settings } = config.replicas;
  const tls =
    settings === undefined ? null : openTls(() => openReplicaTls(settings, observer.tlsFilesChanged));
  const forwarder = createForwarder({ seal, id, directory, tls, observer });
  cleanups.push(() => forwarder.close());
  cleanups.push(() => directory.leave());
  return {
    forwarding: forwarder,
    async listen(endpoint, closed) {
      const listener = await listenForForwarded({
        host,
        port,
        id,
        seal,
        tls,
        observer,
        maxBodyBytes: config.http.maxBodySize,
        maxConnections: config.http.maxConnections,
        handle: (request) =>
          runInContext(
            { correlation_id: request.caller.correlationId, user: request.caller.principal.id },
            () => endpoint.handle({ ...request, forwarded: true }),
          ),
      });
      closed.push(() => listener.close(CLOSE_GRACE_MS));
      const reached = advertisedHost ?? host;
      const name = reached.includes(":") ? `[${reached}]` : reached;
      await directory.enter({
        url: `${tls === null ? "http" : "https"}://${name}:${listener.port}`,
        machine: hostname(),
      });
    },
  };
}
