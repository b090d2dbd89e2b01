import { Agent } from "node:https";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { SECRET_MASK, type Secret } from "@sark/observability/settings";
import { openTlsFiles, type TlsFiles } from "../../http/tls-files.ts";
import { readSecret } from "../../secrets/secrets.ts";
import type { SinkContext } from "../definition/sink-context.ts";
import type { CloudWatchSettings } from "./config.ts";

export interface CloudWatchClient {
  readonly client: CloudWatchLogsClient;
  /** What takes the credentials in use out of a text: AWS repeats requests when it refuses their signatures. */
  mask(): Promise<(text: string) => string>;
}

/** The SDK's client, without its own retries: the engine decides about those. */
export function createCloudWatchClient(
  settings: CloudWatchSettings,
  {
    environment,
    maxConnections,
    tlsNotice,
  }: Pick<SinkContext, "environment" | "maxConnections" | "tlsNotice">,
): CloudWatchClient {
  const { region, endpoint, credentials } = settings;
  const secret = (setting: string): Secret => readSecret(setting, environment);
  const keys = credentials && {
    accessKeyId: secret(credentials.accessKeyId),
    secretAccessKey: secret(credentials.secretAccessKey),
    sessionToken: credentials.sessionToken === undefined ? undefined : secret(credentials.sessionToken),
  };
  const files = openTlsFiles(settings.tls, tlsNotice);
  const httpsAgent = new Agent({ ...files.current(), keepAlive: true, maxSockets: maxConnections + 1 });
  const client = new CloudWatchLogsClient({
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
      httpsAgent,
    },
  });
  const follow = followFiles(httpsAgent, files);
  client.middlewareStack.add(
    (next) => (args) => {
      follow();
      return next(args);
    },
    { step: "finalizeRequest", name: "followTlsFiles" },
  );

  async function mask(): Promise<(text: string) => string> {
    if (keys !== undefined) {
      const secrets = Object.values(keys).filter((one) => one !== undefined);
      return (text) => secrets.reduce((masked, one) => one.mask(masked), text);
    }
    const inUse = await client.config.credentials().catch(() => null);
    const values = [inUse?.secretAccessKey, inUse?.sessionToken, inUse?.accessKeyId].filter((value) => value);
    return (text) =>
      values.reduce((masked: string, value = "") => masked.replaceAll(value, SECRET_MASK), text);
  }

  return { client, mask };
}

/** Node's agent keeps connections apart by the options that they were opened with: what is under way is not disturbed. */
function followFiles(agent: Agent, files: TlsFiles): () => void {
  let options = files.current();
  return () => {
    const now = files.current();
    if (now === options) {
      return;
    }
    options = now;
    Object.assign(agent.options, now);
    for (const idle of Object.values(agent.freeSockets).flat()) {
      idle?.destroy();
    }
  };
}
