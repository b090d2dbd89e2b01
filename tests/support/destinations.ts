import { startCloudWatchLogs, startDatadogLogs, startHttpCollector, startSplunkHec } from "@sark/testkit";
import type { GatewayUnderTest } from "./gateway-under-test.ts";
import { send } from "./requests.ts";

/** Long enough and odd enough to be found wherever they should not be. */
export const SECRETS = {
  SPLUNK_TOKEN: "planted-splunk-token-1",
  DATADOG_KEY: "planted-datadog-key-2",
  AWS_ID: "AKIDPLANTED3",
  AWS_SECRET: "planted-aws-secret-4",
  WEBHOOK_SECRET: "planted-webhook-secret-5",
} as const;

/** Impatient, so that tests need not wait. */
export const QUICK = {
  maxBatchWait: "50ms",
  retryBaseDelay: "20ms",
  retryMaxDelay: "100ms",
  breakerOpenDuration: "200ms",
} as const;

const LOG_GROUP = "sark/audit";

/** One receiver of each kind that confirms what it took, strict to the vendors' tables. */
export async function startReceivers() {
  const splunk = await startSplunkHec({ token: SECRETS.SPLUNK_TOKEN });
  const datadog = await startDatadogLogs({ apiKey: SECRETS.DATADOG_KEY });
  const aws = { accessKeyId: SECRETS.AWS_ID, secretAccessKey: SECRETS.AWS_SECRET, region: "eu-central-1" };
  const cloudWatch = await startCloudWatchLogs({ credentials: aws });
  const webhook = await startHttpCollector();
  const otlp = await startHttpCollector();
  const seqIn = (text: string) => (JSON.parse(text) as { seq: number }).seq;

  return {
    splunk,
    datadog,
    cloudWatch,
    webhook,
    otlp,
    /** As they stand in the configuration. */
    sinks: {
      splunk: { type: "splunk_hec", url: splunk.url, token: "${SPLUNK_TOKEN}" },
      datadog: { type: "datadog", url: datadog.url, apiKey: "${DATADOG_KEY}" },
      cloudwatch: {
        type: "cloudwatch",
        region: aws.region,
        endpoint: cloudWatch.url,
        logGroup: LOG_GROUP,
        credentials: { accessKeyId: "${AWS_ID}", secretAccessKey: "${AWS_SECRET}" },
      },
      webhook: { type: "webhook", url: webhook.url, secret: "${WEBHOOK_SECRET}" },
      otlp: { type: "otlp", url: otlp.url },
    },
    /** Numbers of the events that each has, in ascending order, each once. */
    seqs(): Record<"splunk" | "datadog" | "cloudwatch" | "webhook" | "otlp", number[]> {
      return {
        splunk: distinct(splunk.indexed().map(({ fields }) => Number(fields["seq"]))),
        datadog: distinct(
          datadog.logs().map(({ attributes }) => (attributes["json"] as { seq: number }).seq),
        ),
        cloudwatch: distinct(cloudWatch.events(LOG_GROUP).map(({ message }) => seqIn(message))),
        webhook: distinct(
          webhook
            .collected()
            .flatMap(({ text }) => (JSON.parse(text) as { seq: number }[]).map(({ seq }) => seq)),
        ),
        // The only number of a log record.
        otlp: distinct(
          otlp
            .collected()
            .flatMap(({ text }) => [...text.matchAll(/"intValue":"(\d+)"/g)].map(([, seq]) => Number(seq))),
        ),
      };
    },
    async close(): Promise<void> {
      for (const receiver of [splunk, datadog, cloudWatch, webhook, otlp]) {
        await receiver.close();
      }
    },
  };
}
export type Receivers = Awaited<ReturnType<typeof startReceivers>>;

function distinct(seqs: readonly number[]): number[] {
  return [...new Set(seqs)].sort((a, b) => a - b);
}

export interface SiemComponent {
  readonly name: string;
  readonly required: boolean;
  readonly status: string;
  readonly last_failure_message: string | null;
  readonly details: Readonly<Record<string, unknown>> | null;
}

/** What `/health/detailed` says of a destination. */
export function siemHealth(
  gateway: Pick<GatewayUnderTest, "url" | "apiKey">,
  name: string,
): Promise<SiemComponent | undefined> {
  return componentHealth(gateway, `siem:${name}`);
}

/** What it says of any component. */
export async function componentHealth(
  gateway: Pick<GatewayUnderTest, "url" | "apiKey">,
  name: string,
): Promise<SiemComponent | undefined> {
  const headers = { "x-api-key": gateway.apiKey };
  const { json } = await send(gateway.url, { method: "GET", path: "/health/detailed", headers });
  const { components } = json as { components: SiemComponent[] };
  return components.find((component) => component.name === name);
}
