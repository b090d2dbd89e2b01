import { pino } from "pino";

/** Where lines go; each ends in a newline. */
export interface Destination {
  write(line: string): void;
  /** Several lines in one piece; where it is missing they are written one by one. */
  writeLines?(lines: string): void;
  /** Hands on what is buffered before it returns. */
  flushSync?(): void;
}

/** Characters that wait for a slow reader of stdout when lines are written asynchronously. */
const MAX_BUFFERED = 64 * 1024 * 1024;

export interface OpenDestination {
  write(line: string): void;
  flushSync(): void;
  /** Holds the lines that `fn` writes and hands them on together before it returns, however `fn` ends. */
  batch(fn: () => void): void;
}

/** A destination whose faults stay its own: a full disk must not stop the program that logs. */
export function openDestination(destination: "stdout" | Destination, sync: boolean): OpenDestination {
  const target: Destination = destination === "stdout" ? stdout(sync) : destination;
  const reportLoss = createLossReport();
  const guarded = (act: () => void) => {
    try {
      act();
    } catch (error) {
      reportLoss(error);
    }
  };
  let held: string[] | null = null;

  function writeAll(lines: readonly string[]): void {
    if (target.writeLines === undefined) for (const line of lines) guarded(() => target.write(line));
    else if (lines.length > 0) guarded(() => target.writeLines?.(lines.join("")));
  }

  return {
    write(line) {
      if (held === null) guarded(() => target.write(line));
      else held.push(line);
    },
    flushSync: () => guarded(() => target.flushSync?.()),
    batch(fn) {
      if (held !== null) return fn();
      const lines: string[] = [];
      held = lines;
      try {
        fn();
      } finally {
        held = null;
        writeAll(lines);
      }
    },
  };

  function stdout(sync: boolean): Destination {
    const stream = pino.destination({ dest: 1, sync, maxLength: MAX_BUFFERED });
    stream.on("error", (error: unknown) => reportLoss(error));
    stream.on("drop", () => reportLoss(new Error("the reader of stdout is too slow")));
    return {
      write: (line) => stream.write(line),
      writeLines: (lines) => stream.write(lines),
      flushSync: () => stream.flushSync(),
    };
  }
}

/** Says on stderr, at most once a minute, that lines are being lost, and why. */
function createLossReport(): (error: unknown) => void {
  let lost = 0;
  let reportedAt = -Infinity;
  return (error) => {
    lost++;
    if (performance.now() - reportedAt < 60_000) return;
    reportedAt = performance.now();
    const reason = error instanceof Error ? error.message : String(error);
    process.stderr.write(`logging: ${lost} lines could not be written: ${reason}\n`);
  };
}
