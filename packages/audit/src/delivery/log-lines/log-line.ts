import type { NumberedLine } from "@sark/observability/logging";
import type { Deliverable } from "../domain/deliverable.ts";
import { lateObject } from "../packing/late-object.ts";
import type { Encoding } from "../domain/encoding.ts";
import { sliceBytes } from "../packing/slice-text.ts";

/** One line of a log on its way to a log service. */
export interface LogLineEvent extends Deliverable {
  readonly text: string;
}

/** The logger writes it among the first fields; a fragment that a crash left may have none. */
const TIMESTAMP = /"timestamp":"([^"]{20,35})"/;
const NEAR_BEGIN = 100;

/** `log` names the log that it stands in; a line without a readable time has `fallbackTime`. */
export function toLogLine(log: string, line: NumberedLine, fallbackTime: number): LogLineEvent {
  const { number, text } = line;
  const found = Date.parse(TIMESTAMP.exec(text.slice(0, NEAR_BEGIN))?.[1] ?? "");
  const time = Number.isNaN(found) ? fallbackTime : found;
  const timestamp = new Date(time).toISOString();
  return {
    seq: number,
    id: `${log}:${number}`,
    text,
    time,
    timestamp,
    recordedAt: timestamp,
    size: text.length,
  };
}

/** Lines go out as they were written. */
export const lineEncoding: Encoding<LogLineEvent> = {
  structured: true,
  // A fragment that a crash left may be no object.
  late: (text, timestamp) => (text.startsWith("{") ? lateObject(text, timestamp) : `${text} late=true`),
  encode: ({ text }) => text,
  cut(event, excerptBytes) {
    const { timestamp, text } = event;
    const excerpt = sliceBytes(text, excerptBytes);
    const cut = JSON.stringify({ timestamp, sark_cut: Buffer.byteLength(text), sark_excerpt: excerpt });
    return { ...event, text: cut, size: cut.length };
  },
};
