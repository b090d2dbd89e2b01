import {
  startReceiver,
  type ReceiverResponse,
  type ReceiverHandle,
  type ReceiverOptions,
  type ReceiverRequest,
  type ReceiverRules,
} from "../receiver/start-receiver.ts";

export interface DatadogLogsOptions extends ReceiverOptions {
  readonly apiKey: string;
  /** Milliseconds since the epoch; the window of accepted timestamps moves with it. Default: the real clock. */
  now?(): number;
  /** Called for each log that got 202 instead of keeping it, dropped ones included; for runs of millions. */
  onTaken?(log: DatadogLog): void;
}

/** One log as it can be searched for. */
interface DatadogLog {
  readonly ddsource: string | null;
  readonly ddtags: readonly string[];
  readonly hostname: string | null;
  readonly service: string | null;
  readonly status: string | null;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly message: string;
  /** Every further attribute. */
  readonly attributes: Readonly<Record<string, unknown>>;
  /** It was larger than 1 MB, and Datadog cut it without a word. */
  readonly cut: boolean;
}

export interface DatadogLogs extends ReceiverHandle {
  /** What can be searched for, in the order of acceptance. */
  logs(): readonly DatadogLog[];
  /** What got 202 and then dropped: timestamps outside of the window. */
  dropped(): readonly DatadogLog[];
  /** Refuses whole requests in which an entry contains this text, with status 400; `null` refuses none. */
  poison(text: string | null): void;
}

const MAX_BODY = 5_000_000;
const MAX_ENTRIES = 1_000;
const MAX_ENTRY = 1_000_000;
const HOUR_MS = 3_600_000;
const PAST_MS = 18 * HOUR_MS;
const FUTURE_MS = 2 * HOUR_MS;

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  408: "Request Timeout",
  413: "Payload Too Large",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

function refuse(status: number, detail: string): ReceiverResponse {
  const title = TITLES[status] ?? "Error";
  return { status, body: { errors: [{ status: String(status), title, detail }] } };
}

/** Datadog's log intake, version 2, by the letter of its limits. Operation for faults: `events`; codes are statuses. */
export async function startDatadogLogs(options: DatadogLogsOptions): Promise<DatadogLogs> {
  const { apiKey, now = Date.now, onTaken } = options;
  const logs: DatadogLog[] = [];
  const dropped: DatadogLog[] = [];
  let poisoned: string | null = null;

  function take(log: DatadogLog): void {
    if (onTaken !== undefined) {
      return onTaken(log);
    }
    const age = now() - log.timestamp;
    (age > PAST_MS || -age > FUTURE_MS ? dropped : logs).push(log);
  }

  function response({ headers, content }: ReceiverRequest): ReceiverResponse {
    const key = headers["dd-api-key"];
    if (key === undefined || key === "") {
      return refuse(401, "the API key is missing");
    }
    if (key !== apiKey) {
      return refuse(403, "the API key is not known");
    }
    if (!(headers["content-type"] ?? "").startsWith("application/json")) {
      return refuse(400, "the content type must be application/json");
    }
    if (content === null) {
      return refuse(400, "the body cannot be decompressed");
    }
    if (content.length > MAX_BODY) {
      return refuse(413, "the body is larger than 5 MB");
    }
    const entries = readEntries(content);
    if (entries === null) {
      return refuse(400, "the body is not a JSON array of objects");
    }
    if (entries.length > MAX_ENTRIES) {
      return refuse(413, "there are more than 1000 entries");
    }
    if (entries.length === 0) {
      return refuse(400, "there are no entries");
    }
    if (poisoned !== null && content.includes(poisoned)) {
      return refuse(400, "an entry is invalid");
    }
    const received = entries.map((entry) => toLog(entry, now()));
    return { status: 202, body: {}, take: () => received.forEach(take) };
  }

  const rules: ReceiverRules = {
    encodings: ["gzip", "deflate"],
    operation: (method, { pathname }) => (method === "POST" && pathname === "/api/v2/logs" ? "events" : null),
    response,
    code: (status) => ({
      ...(status < 300 ? { status, body: {} } : refuse(status, "by request")),
      accepted: status < 300,
    }),
  };
  const receiver = await startReceiver(rules, options);
  return {
    ...receiver,
    logs: () => [...logs],
    dropped: () => [...dropped],
    poison: (text) => void (poisoned = text),
  };
}

function readEntries(content: Buffer): Record<string, unknown>[] | null {
  try {
    const entries: unknown = [JSON.parse(content.toString("utf8"))].flat();
    const objects = (entries as unknown[]).every(
      (entry) => typeof entry === "object" && entry !== null && !Array.isArray(entry),
    );
    return objects ? (entries as Record<string, unknown>[]) : null;
  } catch {
    return null;
  }
}

function toLog(entry: Record<string, unknown>, now: number): DatadogLog {
  const { ddsource, ddtags, hostname, service, status, timestamp, message, ...attributes } = entry;
  const cut = Buffer.byteLength(JSON.stringify(entry)) > MAX_ENTRY;
  const text = (value: unknown) => (typeof value === "string" ? value : null);
  const whole = text(message) ?? "";
  return {
    ddsource: text(ddsource),
    ddtags: (text(ddtags) ?? "").split(",").filter((tag) => tag !== ""),
    hostname: text(hostname),
    service: text(service),
    status: text(status),
    timestamp: typeof timestamp === "number" ? timestamp : now,
    message: cut ? whole.slice(0, MAX_ENTRY) : whole,
    attributes: cut ? {} : attributes,
    cut,
  };
}
