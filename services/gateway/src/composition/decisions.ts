import type { AuditLog } from "@sark/audit";
import { createDecisionsApi, type DecisionsApi } from "../api/decisions/handlers.ts";
import type { GatewayConfig } from "../config/schema.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { ServerCatalog } from "../api/decisions/listings.ts";

/** Decisions and listings over REST, from the same pipeline as those of MCP. */
export function decisionsApi(parts: {
  readonly pipeline: Pipeline;
  readonly audit: Pick<AuditLog, "logGatewayEvent">;
  readonly upstreams: ServerCatalog;
  readonly config: Pick<GatewayConfig, "agents">;
  readonly telemetry: Pick<Telemetry, "metrics">;
}): DecisionsApi {
  const { pipeline, audit, upstreams, config, telemetry } = parts;
  return createDecisionsApi({
    authorize: pipeline.authorize,
    policy: pipeline.ask,
    audit,
    catalog: upstreams,
    agents: config.agents,
    recordA2a: (allow, source, target) =>
      telemetry.metrics.recordA2aAuthorization(
        allow ? "allow" : "deny",
        source.agent_type,
        target.agent_type,
      ),
  });
}
