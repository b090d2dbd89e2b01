import { pino } from "pino";

/** Where lines go; each ends in a newline. */
export interface Destination {
  write(line: string): void;
  /** Hands on what is buffered before it returns. */
  flushSync?(): void;
}

/** Characters that wait for a slow reader of stdout when lines are written asynchronously. */
const MAX_BUFFERED = 64 * 1024 * 1024;

/** A destination whose faults stay its own: a full disk must not stop the program that logs. */
export function openDestination(destination: "stdout" | Destination, sync: boolean): Required<Destination> {
  const target: Destination = destination === "stdout" ? stdout(sync) : destination;
  const reportLoss = createLossReport();
  const guarded = (act: () => void) => {
    try {
      act();
    } catch (error) {
      reportLoss(error);
    }
  };
  return {
    write: (line) => guarded(() => target.write(line)),
    flushSync: () => guarded(() => target.flushSync?.()),
  };

  function stdout(sync: boolean): Destination {
    const stream = pino.destination({ dest: 1, sync, maxLength: MAX_BUFFERED });
    stream.on("error", (error: unknown) => reportLoss(error));
    stream.on("drop", () => reportLoss(new Error("the reader of stdout is too slow")));
    return stream;
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
