import { LEVELS, type Level } from "./levels.ts";
import type { LogFields, Logger } from "./logger.ts";

/**
 * A logger that writes at most so many lines in such a time, and says how many it left out. For code that
 * writes or ships the log: what it says of its failures is written and shipped, too, and must not feed on itself.
 */
export function limitLines(
  logger: Logger,
  { lines, perMs }: { readonly lines: number; readonly perMs: number },
  now: () => number = () => performance.now(),
): Logger {
  let since = Number.NEGATIVE_INFINITY;
  let written = 0;
  let left = 0;

  /** The number of lines that were left out before this one; `null` when this one is, too. */
  function admit(): number | null {
    if (now() - since >= perMs) {
      since = now();
      written = 0;
    }
    if (written >= lines) {
      left += 1;
      return null;
    }
    written += 1;
    const suppressed = left;
    left = 0;
    return suppressed;
  }

  function limit(inner: Logger): Logger {
    const writers = (Object.keys(LEVELS) as Level[]).map((level) => {
      const write = (fields: LogFields, message: string) => {
        const suppressed = admit();
        if (suppressed === null) {
          return;
        }
        inner[level](suppressed === 0 ? fields : { ...fields, suppressed_lines: suppressed }, message);
      };
      return [level, write] as const;
    });
    return {
      ...inner,
      ...(Object.fromEntries(writers) as Pick<Logger, Level>),
      child: (bindings) => limit(inner.child(bindings)),
    };
  }
  return limit(logger);
}
