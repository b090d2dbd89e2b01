import { LEVELS, type Level } from "./levels.ts";
import { prettyPrinted } from "./pretty.ts";
import type { StandardStreamObserver } from "./standard-streams/observer.ts";
import { standardStream } from "./standard-streams/standard-stream.ts";
import { standardError } from "./standard-streams/standard-error.ts";

/** What a destination may want to know of a line without reading it. */
export interface LineKind {
  readonly level: Level;
  /** Whether it belongs to the security-audit log, too. */
  readonly securityAudit: boolean;
}

/** One finished line of JSON, newline included. */
export interface LogLine extends LineKind {
  readonly text: string;
}

/** Where lines go; each ends in a newline. */
export interface Destination {
  write(text: string, kind: LineKind): void;
  /** Several lines in one piece; where it is missing they are written one by one. */
  writeLines?(lines: readonly LogLine[]): void;
  /** Hands on what is buffered before it returns. */
  flushSync?(): void;
}

/** Standard output: JSON, or text for people at a terminal. */
export type StandardOutput = "stdout" | "terminal";

export interface OpenDestination {
  write(text: string, kind: LineKind): void;
  flushSync(): void;
  /** Holds the lines that `fn` writes and hands them on together before it returns, however `fn` ends. */
  batch(fn: () => void): void;
}

/** A destination whose faults stay its own: a full disk must not stop the program that logs. */
export function openDestination(
  destinations: readonly (StandardOutput | Destination)[],
  observer: StandardStreamObserver = {},
): OpenDestination {
  const targets = destinations.map((destination) => {
    if (destination === "stdout") {
      return stdout(observer);
    }
    return destination === "terminal" ? prettyPrinted(stdout(observer)) : destination;
  });
  const reportLoss = createLossReport("");
  const guarded = (act: () => void) => {
    try {
      act();
    } catch (error) {
      reportLoss(error);
    }
  };
  let held: LogLine[] | null = null;

  function writeAll(target: Destination, lines: readonly LogLine[]): void {
    if (target.writeLines === undefined) {
      for (const line of lines) {
        guarded(() => target.write(line.text, line));
      }
    } else if (lines.length > 0) {
      guarded(() => target.writeLines?.(lines));
    }
  }

  return {
    write(text, kind) {
      if (held !== null) {
        held.push({ text, ...kind });
      } else {
        for (const target of targets) {
          guarded(() => target.write(text, kind));
        }
      }
    },
    flushSync() {
      for (const target of targets) {
        guarded(() => target.flushSync?.());
      }
    },
    batch(fn) {
      if (held !== null) {
        return fn();
      }
      const lines: LogLine[] = [];
      held = lines;
      try {
        fn();
      } finally {
        held = null;
        for (const target of targets) {
          writeAll(target, lines);
        }
      }
    },
  };
}

function stdout(observer: StandardStreamObserver): Destination {
  const stream = standardStream(1);
  stream.observe(observer);
  return {
    write: (text, kind) => stream.write(text, matters(kind)),
    writeLines: (lines) => stream.write(joinLines(lines), lines.some(matters)),
    flushSync: () => stream.flushSync(),
  };
}

function matters({ level, securityAudit }: LineKind): boolean {
  return securityAudit || LEVELS[level] >= LEVELS.warn;
}

export function joinLines(lines: readonly LogLine[]): string {
  return lines.map(({ text }) => text).join("");
}

/** Says on stderr, at most once a minute, that lines are not where they should be, and why. */
export function createLossReport(where: string): (error: unknown, lines?: number) => void {
  let lost = 0;
  let reportedAt = -Infinity;
  return (error, lines = 1) => {
    lost += lines;
    if (performance.now() - reportedAt < 60_000) {
      return;
    }
    reportedAt = performance.now();
    const reason = error instanceof Error ? error.message : String(error);
    standardError.write(`logging: ${lost} lines could not be written${where}: ${reason}\n`);
  };
}
