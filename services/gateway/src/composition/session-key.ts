import { configuredKey, loadOrCreateSecret } from "@sark/service-start";

/** What ties sessions to their callers: the configured secret, the same on every replica, or one of this data directory's own. */
export function sessionKey(
  configured: string | undefined,
  dataDirectory: string,
  environment: NodeJS.ProcessEnv,
): Buffer {
  return configured === undefined
    ? loadOrCreateSecret(dataDirectory, "session.key")
    : configuredKey("mcp.sessionKey", configured, environment, "sark mcp session key");
}
