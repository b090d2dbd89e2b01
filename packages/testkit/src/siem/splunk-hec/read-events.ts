import { splitObjects } from "./split-objects.ts";

export interface HecEvent {
  /** As sent: epoch seconds, or `null` when Splunk had to choose. */
  readonly time: number | null;
  readonly host: string | null;
  readonly source: string | null;
  readonly sourcetype: string | null;
  readonly index: string;
  readonly event: unknown;
  readonly fields: Readonly<Record<string, string | readonly string[]>>;
}

export interface ReadEvents {
  /** What was indexed before a fault, all of it where there is none. */
  readonly events: readonly HecEvent[];
  /** Code and 0-based number of the event at fault. */
  readonly fault: { readonly code: number; readonly at: number } | undefined;
}

const KNOWN = new Set(["time", "host", "source", "sourcetype", "index", "event", "fields"]);

/**
 * Reads a body by Splunk's rules: everything before the first bad event is indexed, nothing after it is read. A key
 * at the top that Splunk does not know ends indexing without a word.
 */
export function readEvents(
  text: string,
  rules: {
    readonly indexes: readonly string[];
    readonly defaultIndex: string;
    refuse(text: string): number | undefined;
  },
): ReadEvents {
  const events: HecEvent[] = [];
  for (const [at, part] of splitObjects(text).entries()) {
    const refusal = rules.refuse(part);
    if (refusal !== undefined) {
      return { events, fault: { code: refusal, at } };
    }
    const read = readEvent(part, rules);
    if (read === "unknown-key") {
      return { events, fault: undefined };
    }
    if (typeof read === "number") {
      return { events, fault: { code: read, at } };
    }
    events.push(read);
  }
  return { events, fault: undefined };
}

/** The event, or the code of its fault. */
function readEvent(
  text: string,
  rules: { readonly indexes: readonly string[]; readonly defaultIndex: string },
): HecEvent | number | "unknown-key" {
  const sources = new Map<unknown, string>();
  let value: unknown;
  try {
    value = JSON.parse(text, function (this: unknown, key, parsed: unknown, context?: { source?: string }) {
      if (key === "time" && context?.source !== undefined) {
        sources.set(this, context.source);
      }
      return parsed;
    });
  } catch {
    return 6;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return 6;
  }
  const record = value as Record<string, unknown>;
  if (Object.keys(record).some((key) => !KNOWN.has(key))) {
    return "unknown-key";
  }
  if (record["event"] === undefined || record["event"] === null) {
    return 12;
  }
  if (record["event"] === "") {
    return 13;
  }
  const time = readTime(sources.get(value));
  if (time === undefined) {
    return 6;
  }
  if (!isFields(record["fields"])) {
    return 15;
  }
  const index = record["index"] ?? rules.defaultIndex;
  if (typeof index !== "string" || !rules.indexes.includes(index)) {
    return 7;
  }
  const texts = ["host", "source", "sourcetype"].map((key) => record[key] ?? null);
  if (texts.some((one) => one !== null && typeof one !== "string")) {
    return 6;
  }
  const [host, source, sourcetype] = texts as (string | null)[];
  return {
    time,
    host: host ?? null,
    source: source ?? null,
    sourcetype: sourcetype ?? null,
    index,
    event: record["event"],
    fields: record["fields"] ?? {},
  };
}

/** From its text in the JSON: a decimal, quoted or not, never in scientific notation. */
function readTime(source: string | undefined): number | null | undefined {
  if (source === undefined) {
    return null;
  }
  const decimal = /^"?(\d{1,12}(?:\.\d{1,9})?)"?$/.exec(source)?.[1];
  return decimal === undefined ? undefined : Number(decimal);
}

function isFields(fields: unknown): fields is Record<string, string | string[]> | undefined {
  if (fields === undefined) {
    return true;
  }
  if (typeof fields !== "object" || fields === null || Array.isArray(fields)) {
    return false;
  }
  return Object.values(fields).every(
    (value) =>
      typeof value === "string" || (Array.isArray(value) && value.every((one) => typeof one === "string")),
  );
}
