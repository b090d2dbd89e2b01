import type { LineReader, LogName } from "@sark/observability/logging";
import type { Feed } from "../engine/ports/feed.ts";
import { toLogLine, type LogLineEvent } from "./log-line.ts";

/** A log in files as the engine reads it. A line without a time has that of the line before. */
export function createFileFeed(log: LogName, reader: LineReader): Feed<LogLineEvent> {
  let time = 0;
  return {
    async readFeed(fromSeq, limit, maxBytes) {
      const lines = await reader.read(fromSeq, limit, maxBytes);
      return lines.map((line) => {
        const event = toLogLine(log, line, Math.max(time, line.since));
        ({ time } = event);
        return event;
      });
    },
  };
}
