import { TEST_PRODUCER } from "./testing/producer.ts";
import {
  requireServer,
  startCloudWatchLogs,
  startDatadogLogs,
  startHttpCollector,
  startRsyslog,
  startSplunkHec,
} from "@sark/testkit";
import { afterEach, beforeEach, describe, expect, inject, it, vi } from "vitest";
import { destinationSchema, type DestinationInput } from "./config.ts";
import { createDestination } from "./create-destination.ts";
import { startDelivery } from "./start-delivery.ts";
import type { Delivery } from "./engine/delivery.ts";
import { createLogDatabase, type LogDatabase } from "./testing/log-database.ts";

const rsyslogd = requireServer("rsyslogd");
const environment = { SECRET: "a-secret-of-some-length", ID: "AKIDTEST" };
const secret = "${SECRET}";
const POISON = "poison-pill";
const WAIT = { timeout: 30_000, interval: 20 };

interface Receiver {
  readonly sink: DestinationInput["sink"];
  /** Numbers of the events that it has. */
  seqs(): number[];
  /** Refuses events that contain the text. */
  poison?(text: string): void;
  close(): Promise<void>;
}

const seqOf = (text: string) => (JSON.parse(text) as { seq: number }).seq;

async function receivers(): Promise<Record<string, Receiver>> {
  const splunk = await startSplunkHec({ token: environment.SECRET, acknowledgement: true });
  const datadog = await startDatadogLogs({ apiKey: environment.SECRET });
  const aws = { accessKeyId: environment.ID, secretAccessKey: environment.SECRET, region: "eu-central-1" };
  const cloudWatch = await startCloudWatchLogs({ credentials: aws });
  const [webhook, otlp] = [await startHttpCollector(), await startHttpCollector()];
  const rsyslog = rsyslogd === null ? null : await startRsyslog();
  return {
    splunk: {
      sink: { type: "splunk_hec", url: splunk.url, token: secret, acknowledgementPollInterval: "10ms" },
      seqs: () => splunk.indexed().map(({ fields }) => Number(fields["seq"])),
      poison: splunk.poison,
      close: splunk.close,
    },
    datadog: {
      sink: { type: "datadog", url: datadog.url, apiKey: secret },
      seqs: () => datadog.logs().map(({ attributes }) => (attributes["json"] as { seq: number }).seq),
      poison: datadog.poison,
      close: datadog.close,
    },
    cloudwatch: {
      sink: {
        type: "cloudwatch",
        region: aws.region,
        endpoint: cloudWatch.url,
        logGroup: "sark/audit",
        credentials: { accessKeyId: "${ID}", secretAccessKey: secret },
      },
      seqs: () => cloudWatch.events("sark/audit").map(({ message }) => seqOf(message)),
      poison: cloudWatch.poison,
      close: cloudWatch.close,
    },
    webhook: {
      sink: { type: "webhook", url: webhook.url, secret },
      seqs: () =>
        webhook
          .collected()
          .flatMap(({ text }) => (JSON.parse(text) as { seq: number }[]).map(({ seq }) => seq)),
      close: webhook.close,
    },
    otlp: {
      sink: { type: "otlp", url: otlp.url },
      seqs: () =>
        otlp
          .collected()
          .flatMap(({ text }) => [...text.matchAll(/"intValue":"(\d+)"/g)].map(([, seq]) => Number(seq))),
      close: otlp.close,
    },
    ...(rsyslog === null
      ? {}
      : {
          syslog: {
            sink: {
              type: "syslog",
              host: "127.0.0.1",
              port: rsyslog.port,
              transport: "tcp",
              settleTime: "50ms",
            },
            seqs: () => rsyslog.messages().map(({ message }) => seqOf(message)),
            close: rsyslog.close,
          },
        }),
  };
}

let log: LogDatabase;
let all: Record<string, Receiver>;
let delivery: Delivery;
beforeEach(async () => {
  log = await createLogDatabase(inject("postgresUrl"));
  all = await receivers();
  const destinations = Object.entries(all).map(([name, { sink }]) => {
    const config = destinationSchema.parse({ name, start: "beginning", maxBatchWait: "20ms", sink });
    return createDestination(config, TEST_PRODUCER, environment);
  });
  delivery = startDelivery({
    connectionString: log.url,
    destinations,
    replica: "r",
    pollMs: 10,
    electionMs: 20,
  });
});
afterEach(async () => {
  await delivery.close(0);
  for (const receiver of Object.values(all)) {
    await receiver.close();
  }
  await log.drop();
});

const sorted = (seqs: readonly number[]) => [...seqs].sort((a, b) => a - b);
const upTo = (count: number) => Array.from({ length: count }, (_, seq) => seq);

describe("startDelivery, from configuration to every platform", () => {
  it("delivers every event to each of them, also events far older than their time windows [AUD-5] [SIEM-5]", async () => {
    await log.append(250);
    for (const [name, receiver] of Object.entries(all)) {
      await vi.waitFor(() => expect([name, sorted(receiver.seqs())]).toEqual([name, upTo(250)]), WAIT);
    }
    await vi.waitFor(async () => {
      const statuses = await delivery.control.status();
      for (const { platform, acknowledged, sent, behind, addsUp } of statuses) {
        // Syslog cannot acknowledge.
        const [expected, other] = platform === "syslog" ? [sent, acknowledged] : [acknowledged, sent];
        expect([platform, expected, other, behind, addsUp]).toEqual([platform, 250, 0, 0, true]);
      }
    }, WAIT);
    for (const name of Object.keys(all)) {
      await delivery.check(name, new AbortController().signal);
    }
  });

  it("quarantines one poisoned event where the receiver names it, and where it does not [SIEM-5]", async () => {
    const picky = Object.entries(all).filter(([, { poison }]) => poison !== undefined);
    for (const [, { poison }] of picky) {
      poison?.(POISON);
    }
    await log.append(200, (seq) => (seq === 77 ? { reason: POISON } : {}));
    for (const [name, receiver] of picky) {
      await vi.waitFor(async () => {
        expect((await delivery.quarantine.list(name)).map(({ seq }) => seq)).toEqual([77]);
      }, WAIT);
      const others = upTo(200).filter((seq) => seq !== 77);
      await vi.waitFor(() => expect([name, sorted(receiver.seqs())]).toEqual([name, others]), WAIT);
    }
    expect(picky.map(([name]) => name)).toEqual(["splunk", "datadog", "cloudwatch"]);
  });
});
