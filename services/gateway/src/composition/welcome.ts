import { join } from "node:path";
import type { GatewayConfig } from "../config/schema.ts";
import type { PolicyEngine } from "../domain/authorization.ts";
import { describePolicy } from "../first-start/describe-policy.ts";
import { EXAMPLE_CALL } from "../first-start/example-upstreams.ts";
import { welcomeText } from "../first-start/welcome.ts";

/** What a newcomer is told of a gateway with this configuration. */
export async function welcomeTo(
  config: GatewayConfig,
  started: {
    readonly url: string;
    readonly adminKeyFile: string;
    readonly dataDirectory: string;
    readonly servers: readonly string[];
    readonly policy: PolicyEngine;
  },
): Promise<string> {
  const { url, adminKeyFile, servers, dataDirectory } = started;
  const embedded = config.database.url === undefined;
  return welcomeText({
    url,
    adminKeyFile,
    servers,
    example: config.upstreams === undefined ? EXAMPLE_CALL : null,
    verifierKey: config.audit.signing ? join(dataDirectory, "audit-log.vkey") : null,
    dataDirectory: embedded ? config.dataDirectory : null,
    database: embedded ? `embedded PostgreSQL in ${dataDirectory}` : "PostgreSQL of DATABASE_URL",
    policies: await describePolicy(started.policy, config.policy.opaUrl ?? config.policy.directory),
  });
}
