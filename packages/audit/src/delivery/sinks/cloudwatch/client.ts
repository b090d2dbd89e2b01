import { Agent } from "node:https";
import type * as Sdk from "@aws-sdk/client-cloudwatch-logs";
import { SECRET_MASK, type Secret } from "@sark/observability/settings";
import { openTlsFiles, type TlsFiles } from "../../http/tls-files.ts";
import { readSecret } from "../../secrets/secrets.ts";
import type { SinkContext } from "../definition/sink-context.ts";
import type { CloudWatchSettings } from "./config.ts";

/** The SDK's commands, and the client that sends them. */
export interface CloudWatchConnection {
  readonly sdk: typeof Sdk;
  readonly client: Pick<Sdk.CloudWatchLogsClient, "send">;
}

export interface CloudWatchClient {
  /** Resolves when the SDK is loaded. */
  connection(): Promise<CloudWatchConnection>;
  /** What takes the credentials in use out of a text: AWS repeats requests when it refuses their signatures. */
  mask(): Promise<(text: string) => string>;
  close(): Promise<void>;
}

/**
 * The SDK's client, without its own retries: the engine decides about those. The SDK is as large as all of this library:
 * a process loads it with its first client. Throws `DeliveryError` on bad settings, before that.
 */
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
  const opening = import("@aws-sdk/client-cloudwatch-logs").then((sdk) => ({ sdk, client: open(sdk) }));
  // Told by each request that needs it.
  opening.catch(() => undefined);

  function open({ CloudWatchLogsClient }: typeof Sdk): Sdk.CloudWatchLogsClient {
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
    return client;
  }

  async function mask(): Promise<(text: string) => string> {
    if (keys !== undefined) {
      const secrets = Object.values(keys).filter((one) => one !== undefined);
      return (text) => secrets.reduce((masked, one) => one.mask(masked), text);
    }
    const inUse = await opening.then(({ client }) => client.config.credentials()).catch(() => null);
    const values = [inUse?.secretAccessKey, inUse?.sessionToken, inUse?.accessKeyId].filter((value) => value);
    return (text) =>
      values.reduce((masked: string, value = "") => masked.replaceAll(value, SECRET_MASK), text);
  }

  return {
    connection: () => opening,
    mask,
    close: () => opening.then(({ client }) => client.destroy()).catch(() => undefined),
  };
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
