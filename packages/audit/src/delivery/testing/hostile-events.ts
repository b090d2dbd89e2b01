import { MAX_TIMESTAMP } from "../../events/fields.ts";
import type { AuditRecord } from "../../events/record.ts";

/** A generator of numbers in [0, 1) that gives the same ones for the same seed (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const CONTROLS = Array.from({ length: 0xa0 }, (_, code) => String.fromCharCode(code)).filter(
  (_, code) => code < 0x20 || code > 0x7e,
);
const PIECES = [
  ...CONTROLS,
  "\u2028", "\u2029", "\ufeff", "\u202e", "\u200b", "\ufffe", "\u{1F600}", "é", "e\u0301", "漢", "ſ", "K", "ı",
  '"', "\\", "]", "[", "{", "}", "|", "=", ",", ":", ";", "<13>1 ", "\r\n", " act=allow", "CEF:0|", "]] ",
  '"}\n{"event":', "\\u0000", "\\ud800", "</script>", "\u001b[2J", "%00", "$(id)", "' OR 1=1 --", "x",
]; // prettier-ignore

const KEYS = [
  "", " ", ".", "..", "a.", ".a", "a.b", "a", "A", "ſ", "s", "__proto__", "constructor", "prototype", "toString",
  "_id", "_source", "_index", "@timestamp", "$ref", "host", "source", "sourcetype", "index", "time", "event",
  "fields", "status", "service", "hostname", "message", "msg", "log", "level", "severity", "timestamp", "date",
  "ddtags", "ddsource", "trace_id", "sark_json", "sark_json_reason", "sark_cut", "sark_excerpt", "late",
  "event_time", "seq", "id", "unmapped", "metadata", "method", "client_address", "0", "-1", "1e3", "null",
]; // prettier-ignore

const NUMBERS = [
  0, -0, 1, -1, 0.1, 1 / 3, 2 ** 31, 2 ** 53 - 1, 2 ** 53, 2 ** 63, 2 ** 64, 1e21, 1e300, 1.7976931348623157e308,
  5e-324, 1e-7, -1e308, 123_456_789_012_345.67,
]; // prettier-ignore

const TIMES = [0, 1, 86_400, 2 ** 31, 2 ** 32, 9_223_372_036.9, 18_446_744_073.8, 253_402_300_799];

/** Records of the outside that the log would accept, made to hurt readers that have them next to others. */
export interface HostileRecords {
  next(): AuditRecord;
  metadata(): Record<string, unknown>;
}

export function createHostileRecords(seed: number): HostileRecords {
  const random = createRandom(seed);
  const below = (end: number): number => Math.floor(random() * end);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T;
  const storable = (text: string): string => text.replaceAll("\u0000", "\u0001");

  function text(length: number): string {
    let made = "";
    while (made.length < length) {
      made += pick(PIECES);
    }
    // Half a pair must not stay where it is cut.
    return storable(made.slice(0, length).toWellFormed());
  }

  const key = (): string => (random() < 0.6 ? pick(KEYS) : text(below(random() < 0.1 ? 300 : 12)));

  function value(levels: number): unknown {
    const choice = below(levels > 0 ? 8 : 5);
    if (choice === 0) {
      return pick(NUMBERS);
    }
    if (choice === 1) {
      return pick([true, false, null]);
    }
    if (choice <= 4) {
      return text(below(random() < 0.01 ? 9_000 : 20));
    }
    if (choice === 5) {
      return Array.from({ length: below(5) }, () => value(levels - 1));
    }
    return object(below(6), levels - 1);
  }

  /** An own `__proto__` is a key like any other: an object literal would not make it one. */
  function object(size: number, levels: number): Record<string, unknown> {
    const made: Record<string, unknown> = {};
    for (let at = 0; at < size; at += 1) {
      Object.defineProperty(made, key(), {
        value: value(levels),
        enumerable: true,
        writable: true,
        configurable: true,
      });
    }
    return made;
  }

  function nested(levels: number, isList: boolean): unknown {
    let made: unknown = 1;
    for (let at = 0; at < levels; at += 1) {
      made = isList ? [made] : { a: made };
    }
    return made;
  }

  function metadata(): Record<string, unknown> {
    switch (below(8)) {
      case 0:
        return { deep: nested(below(30), random() < 0.5) };
      case 1:
        return {
          ["many"]: Object.fromEntries(Array.from({ length: below(300) }, (_, at) => [`k${at}`, at])),
        };
      case 2:
        return { list: Array.from({ length: below(2_000) }, (_, at) => at) };
      case 3:
        return { ...object(3, 2), long: "x".repeat(below(90_000)) };
      case 4:
        return { [text(below(2_000)) || "k"]: value(3) };
      default:
        return object(below(12), 3);
    }
  }

  return {
    metadata,
    next: () => ({
      event_type: pick(["tool_invoke", "a2a_communication", "a", `z${"9".repeat(39)}`]),
      user_id: text(1 + below(100)),
      agent_id: pick([null, text(1 + below(100))]),
      server_name: pick([null, text(1 + below(100))]),
      tool_name: pick([null, text(1 + below(100))]),
      decision: pick(["allow", "deny"]),
      reason: text(below(random() < 0.1 ? 4_096 : 60)),
      timestamp: Math.min(MAX_TIMESTAMP, pick(TIMES) + random()),
      gateway_request_id: text(1 + below(128)),
      session_id: pick([null, text(1 + below(500))]),
      tenant_id: pick([null, text(1 + below(200))]),
      trace_id: pick([null, text(1 + below(60)), "0af7651916cd43dd8448eb211c80319c"]),
      client_address: pick([null, "203.0.113.9", "2001:db8::1", "fe80::1%eth0", text(1 + below(60))]),
      credential: pick([null, text(1 + below(500))]),
      submitted_by: pick([null, text(1 + below(200))]),
      duration_ms: pick([null, 0, 0.001, 12.345, 2 ** 40]),
      phase: "outcome",
      outcome: pick([null, "ok", "tool_error"]),
      policy: pick([
        null,
        {
          engine: "cedar",
          ids: Array.from({ length: below(64) }, () => text(below(256))),
          revision: text(20),
        },
      ]),
      metadata: metadata(),
    }),
  };
}
