import { Agent } from "node:https";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { tlsOptions } from "../../http/tls.ts";
import { readSecret, type Secret } from "../../secrets.ts";
import type { SinkContext } from "../sink-context.ts";
import type { CloudWatchSettings } from "./config.ts";

/** The SDK's client, without its own retries: the engine decides about those. */
export function createCloudWatchClient(
  settings: CloudWatchSettings,
  { environment, maxConnections }: Pick<SinkContext, "environment" | "maxConnections">,
): CloudWatchLogsClient {
  const { region, endpoint, credentials } = settings;
  const secret = (reference: Parameters<typeof readSecret>[0]): Secret => readSecret(reference, environment);
  const keys = credentials && {
    accessKeyId: secret(credentials.accessKeyId),
    secretAccessKey: secret(credentials.secretAccessKey),
    sessionToken: credentials.sessionToken && secret(credentials.sessionToken),
  };
  return new CloudWatchLogsClient({
    region,
    maxAttempts: 1,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(keys === undefined
      ? {}
      : {
          credentials: () =>
            Promise.resolve({
              accessKeyId: keys.accessKeyId.value(),
              secretAccessKey: keys.secretAccessKey.value(),
              ...(keys.sessionToken === undefined ? {} : { sessionToken: keys.sessionToken.value() }),
            }),
        }),
    requestHandler: {
      connectionTimeout: 10_000,
      httpsAgent: new Agent({ ...tlsOptions(settings.tls), keepAlive: true, maxSockets: maxConnections + 1 }),
    },
  });
}
