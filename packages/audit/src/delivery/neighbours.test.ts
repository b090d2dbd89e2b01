import { escapeControls } from "@sark/observability/lines";
import { TEST_PRODUCER } from "./testing/producer.ts";
import { describe, expect, it } from "vitest";
import { acceptRecord } from "../events/accept-record.ts";
import { destinationSchema, type DestinationInput } from "./config.ts";
import { createDestination } from "./create-destination.ts";
import { toDeliverableEvent, type DeliverableEvent } from "./audit-events/deliverable-event.ts";
import { FORMAT_NAMES, type FormatName } from "./audit-events/format.ts";
import type { PreparedRequest } from "./domain/sink.ts";
import type { CloudWatchRequest } from "./sinks/cloudwatch/request.ts";
import { makeEvent } from "./testing/events.ts";
import { createHostileRecords } from "./testing/hostile-events.ts";
import {
  acceptAttributes,
  createTypedStore,
  linesOf,
  readCef,
  readStrictly,
  readSyslog,
} from "./testing/strict-receivers.ts";

const environment = { S: "a-secret-value", ID: "AKID" };
const secret = "${S}";

interface Way {
  readonly sink: DestinationInput["sink"];
  /** The events' texts, as a receiver of this kind takes a request apart. */
  texts(request: PreparedRequest, format: FormatName): string[];
}

/** As it was sent, once it was read. */
const again = (value: unknown): string => escapeControls(JSON.stringify(value)).text;
const bodyOf = (request: PreparedRequest): Buffer => (request as unknown as { body: Buffer }).body;
const arrayOf = (request: PreparedRequest): unknown[] => JSON.parse(bodyOf(request).toString()) as unknown[];

const WAYS: Record<DestinationInput["sink"]["type"], Way> = {
  splunk_hec: {
    sink: { type: "splunk_hec", url: "http://127.0.0.1:1", token: secret },
    texts: (request) =>
      linesOf(bodyOf(request).toString()).map((line) => {
        const { event } = readStrictly(line);
        return typeof event === "string" ? event : again(event);
      }),
  },
  datadog: {
    sink: { type: "datadog", url: "http://127.0.0.1:1", apiKey: secret },
    texts: (request, format) =>
      arrayOf(request).map((entry) => {
        const fields = readStrictly(again(entry));
        acceptAttributes(fields);
        return format === "cef" ? String(fields["message"]) : again(fields[format]);
      }),
  },
  cloudwatch: {
    sink: {
      type: "cloudwatch",
      region: "eu-central-1",
      logGroup: "sark",
      credentials: { accessKeyId: "${ID}", secretAccessKey: secret },
    },
    texts: (request) => (request as CloudWatchRequest).logEvents.map(({ message }) => message),
  },
  syslog: {
    sink: { type: "syslog", host: "127.0.0.1", port: 6514, transport: "tcp", maxMessageSize: "64KiB" },
    texts: (request) => readSyslog(bodyOf(request)).map(({ message }) => message),
  },
  otlp: {
    sink: { type: "otlp", url: "http://127.0.0.1:1" },
    texts(request) {
      const body = readStrictly(bodyOf(request).toString()) as unknown as Logs;
      return body.resourceLogs.flatMap(({ scopeLogs }) =>
        scopeLogs.flatMap(({ logRecords }) =>
          logRecords.map(({ timeUnixNano, body: { stringValue } }) => {
            expect(BigInt(timeUnixNano) < 2n ** 63n).toBe(true);
            return stringValue;
          }),
        ),
      );
    },
  },
  webhook: {
    sink: { type: "webhook", url: "http://127.0.0.1:1", secret },
    texts: (request, format) =>
      format === "cef" ? linesOf(bodyOf(request).toString()) : arrayOf(request).map(again),
  },
};

interface Logs {
  readonly resourceLogs: readonly {
    readonly scopeLogs: readonly {
      readonly logRecords: readonly {
        readonly timeUnixNano: string;
        readonly body: { stringValue: string };
      }[];
    }[];
  }[];
}

/** What the log would hold of a record, with the number `seq`; the next one where it does not accept it. */
function admitted(seq: number, records: ReturnType<typeof createHostileRecords>): DeliverableEvent {
  for (;;) {
    try {
      const { id, canonical } = acceptRecord(records.next());
      return toDeliverableEvent(seq, id, canonical);
    } catch {
      // Such a record never becomes an event.
    }
  }
}

/** Levels that the log no longer admits, too: it may hold them from former days. */
function deep(levels: number, opening: string, closing: string): string {
  return `{"deep":${opening.repeat(levels)}1${closing.repeat(levels)}}`;
}

function withMetadata(seq: number, metadata: string): DeliverableEvent {
  const { id, canonical } = makeEvent(seq);
  return toDeliverableEvent(
    seq,
    id,
    canonical.replace('{"method":"tools/call"}', () => metadata),
  );
}

/** Written down as they are where numbers keep their digits. */
const ODD_METADATA = [
  deep(30, '{"a":', "}"),
  deep(62, '{"a":', "}"),
  deep(499, "[", "]"),
  deep(20_000, '[{"":', "}]"),
  '{"n":1e400}',
  '{"n":9007199254740993,"m":123456789012345678901234567890}',
  '{"n":-1E+9999}',
  '{"a":{"b":1},"a.b":2}',
  '{"a":1,"a.b":2}',
  '{"method":{"x":1}}',
  '{"method":7}',
  '{"half":"\\ud800"}',
  '{"nul":"\\u0000"}',
  '{"sark_cut":5,"sark_excerpt":"forged"}',
  '{"sark_json":"{}","sark_json_reason":"depth"}',
];

function makeBatch(seed: number): DeliverableEvent[] {
  const records = createHostileRecords(seed);
  const hostile = [
    ...ODD_METADATA.map((metadata) => (seq: number) => withMetadata(seq, metadata)),
    ...Array.from({ length: 40 }, () => (seq: number) => admitted(seq, records)),
  ];
  return hostile.flatMap((make, at) => [makeEvent(2 * at), make(2 * at + 1)]);
}

const NOW = makeEvent(0).time + 60_000;

describe("whatever one admitted event holds, its neighbours arrive intact at a strict receiver", () => {
  const cases = Object.keys(WAYS).flatMap((type) => FORMAT_NAMES.map((format) => ({ type, format })));
  const seeded = cases.map((one, at) => ({ ...one, seed: at + 1 }));
  it.each(seeded)("$type as $format, seed $seed [SIEM-5] [AUD-5]", async ({ type, format, seed }) => {
    const { sink, texts } = WAYS[type as keyof typeof WAYS];
    const config = destinationSchema.parse({ name: "a", format, compression: "none", sink });
    const destination = createDestination(config, TEST_PRODUCER, environment);
    const store = createTypedStore();
    const batch = makeBatch(seed);
    const { requests, unsendable } = await destination.sink.prepare(batch, NOW);
    expect(unsendable).toEqual([]);
    expect(requests.flatMap(({ events }) => events)).toHaveLength(batch.length);
    const alone = await textsOf(batch.filter(({ seq }) => seq % 2 === 0));
    for (const request of requests) {
      const arrived = texts(request, format);
      expect(arrived).toHaveLength(request.events.length);
      for (const [at, event] of request.events.entries()) {
        const text = arrived[at] ?? "";
        expectWhole(text, event);
        if (event.seq % 2 === 0) {
          expect(text).toBe(alone[event.seq / 2]);
        }
      }
    }
    await destination.sink.close();

    function expectWhole(text: string, { id, seq }: DeliverableEvent): void {
      if (format === "cef") {
        return expect(readCef(text)).toMatchObject({ externalId: id, cn1: `${seq}` });
      }
      const read = readStrictly(text);
      expect(text).toContain(id);
      // `json` has callers' keys in it: it is not for stores with typed fields.
      if (format !== "json") {
        store.add(read);
      }
    }

    /** As they are without the others, in their order. */
    async function textsOf(events: readonly DeliverableEvent[]): Promise<string[]> {
      const { requests } = await destination.sink.prepare(events, NOW);
      return requests.flatMap((request) => texts(request, format));
    }
  });
});
