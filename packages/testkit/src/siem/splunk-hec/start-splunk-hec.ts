import {
  startReceiver,
  type ReceiverResponse,
  type ReceiverHandle,
  type ReceiverOptions,
  type ReceiverRequest,
  type ReceiverRules,
} from "../receiver/start-receiver.ts";
import { createAcknowledgements } from "./acknowledgements.ts";
import { hecResponse } from "./responses.ts";
import { readEvents, type HecEvent } from "./read-events.ts";

export interface SplunkHecOptions extends ReceiverOptions {
  readonly token: string;
  /** Whether the token asks for indexer acknowledgement. Default: no. */
  readonly acknowledgement?: boolean;
  /** With acknowledgement: events are indexed at once, or when `indexPending` is called. Default: at once. */
  readonly indexing?: "at-once" | "when-told";
  /** Indexes that the token may write to; the first one is its default. Default: `main`. */
  readonly indexes?: readonly string[];
  /** Largest body after decompression; beyond it 400/6, as Splunk Cloud does. Default 5 MB. */
  readonly maxBytes?: number;
  /** Called for each event instead of keeping it for `indexed()`; for runs of millions. */
  onIndexed?(event: HecEvent): void;
}

export interface SplunkHec extends ReceiverHandle {
  /** What is really in the index, in the order of indexing. */
  indexed(): readonly HecEvent[];
  /** Refuses events whose text contains this, with this code, naming the event; `null` refuses none. */
  poison(text: string | null, code?: number): void;
  /** Indexes what waits (`when-told`), so that it is acknowledged when asked for. */
  indexPending(): void;
}

const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const COLLECTOR = "/services/collector";
const PATHS: Readonly<Record<string, string>> = {
  [`POST ${COLLECTOR}`]: "events",
  [`POST ${COLLECTOR}/event`]: "events",
  [`POST ${COLLECTOR}/raw`]: "raw",
  [`POST ${COLLECTOR}/ack`]: "ack",
  [`GET ${COLLECTOR}/health`]: "health",
};

/**
 * A Splunk HTTP Event Collector by the letter of its tables. Operations for faults: `events`, `raw`, `ack`, `health`.
 * Special faults: `never-acknowledged` (accepted with an `ackId`, then lost), `without-ack-id`.
 */
export async function startSplunkHec(options: SplunkHecOptions): Promise<SplunkHec> {
  const { token, acknowledgement = false, indexes = ["main"], maxBytes = 5_000_000 } = options;
  const acks = createAcknowledgements();
  const index: HecEvent[] = [];
  const keep = options.onIndexed ?? ((event: HecEvent) => void index.push(event));
  let pending: (() => void)[] = [];
  let poisoned: { text: string; code: number } | undefined;

  /** The code of what is wrong with the request's credentials and channel. */
  function refusal({ headers, url }: ReceiverRequest, needsChannel: boolean): number | undefined {
    if (url.searchParams.has("token")) {
      return 16;
    }
    const { authorization } = headers;
    if (authorization === undefined) {
      return 2;
    }
    const given = /^Splunk (\S+)$/.exec(authorization)?.[1];
    if (given === undefined) {
      return 3;
    }
    if (given !== token) {
      return 4;
    }
    const channel = channelOf(headers, url);
    if (channel === undefined) {
      return needsChannel ? 10 : undefined;
    }
    return GUID.test(channel) ? undefined : 11;
  }

  function accept(request: ReceiverRequest, events: readonly HecEvent[], special?: string): ReceiverResponse {
    const proper = hecResponse(0);
    if (!acknowledgement || special === "without-ack-id") {
      return { ...proper, take: () => events.forEach(keep) };
    }
    const channel = channelOf(request.headers, request.url) ?? "";
    const ackId = acks.issue(channel);
    const indexNow = () => {
      events.forEach(keep);
      acks.indexed(channel, ackId);
    };
    const response = { ...proper, body: { ...proper.body, ackId } };
    if (special === "never-acknowledged") {
      return response;
    }
    return {
      ...response,
      take: options.indexing === "when-told" ? () => void pending.push(indexNow) : indexNow,
    };
  }

  function collect(request: ReceiverRequest, special: string | undefined): ReceiverResponse {
    const refused = refusal(request, acknowledgement || request.operation === "raw");
    if (refused !== undefined) {
      return hecResponse(refused);
    }
    const { content } = request;
    if (content === null || content.length > maxBytes) {
      return hecResponse(6);
    }
    const text = content.toString("utf8");
    if (text.trim() === "") {
      return hecResponse(5);
    }
    const { events, fault } =
      request.operation === "raw" ? { events: rawEvents(text), fault: undefined } : read(text);
    if (fault === undefined) {
      return accept(request, events, special);
    }
    return { ...hecResponse(fault.code, fault.at), take: () => events.forEach(keep) };
  }

  const read = (text: string) =>
    readEvents(text, {
      indexes,
      defaultIndex: indexes[0] ?? "main",
      refuse: (part) => (poisoned !== undefined && part.includes(poisoned.text) ? poisoned.code : undefined),
    });

  function rawEvents(text: string): HecEvent[] {
    const rest = { time: null, host: null, source: null, sourcetype: null, fields: {} };
    return text
      .split("\n")
      .filter((line) => line.trim() !== "")
      .map((event) => ({ ...rest, index: indexes[0] ?? "main", event }));
  }

  function askAcks(request: ReceiverRequest): ReceiverResponse {
    const refused = refusal(request, true);
    if (refused !== undefined) {
      return hecResponse(refused);
    }
    if (!acknowledgement) {
      return hecResponse(14);
    }
    const ids = readAckIds(request.content);
    if (ids === null) {
      return hecResponse(6);
    }
    return { status: 200, body: { acks: acks.ask(channelOf(request.headers, request.url) ?? "", ids) } };
  }

  const rules: ReceiverRules = {
    encodings: ["gzip"],
    operation: (method, { pathname }) => PATHS[`${method} ${pathname.replace(/\/1\.0$/, "")}`] ?? null,
    response(request, special) {
      switch (request.operation) {
        case "ack":
          return askAcks(request);
        case "health":
          return hecResponse(17);
        default:
          return collect(request, special);
      }
    },
    code(code) {
      const response = hecResponse(code);
      return { ...response, accepted: response.status === 200 };
    },
  };

  const receiver = await startReceiver(rules, options);
  return {
    ...receiver,
    indexed: () => [...index],
    poison: (text, code = 6) => void (poisoned = text === null ? undefined : { text, code }),
    indexPending() {
      const waiting = pending;
      pending = [];
      for (const indexNow of waiting) {
        indexNow();
      }
    },
  };
}

function channelOf(headers: ReceiverRequest["headers"], url: URL): string | undefined {
  const header = headers["x-splunk-request-channel"];
  return (Array.isArray(header) ? header[0] : header) ?? url.searchParams.get("channel") ?? undefined;
}

function readAckIds(content: Buffer | null): number[] | null {
  try {
    const { acks } = JSON.parse(content?.toString("utf8") ?? "") as { acks?: unknown };
    return Array.isArray(acks) && acks.every((id) => Number.isSafeInteger(id)) ? (acks as number[]) : null;
  } catch {
    return null;
  }
}
