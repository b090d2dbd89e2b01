/** A program that runs another, as `node --watch` does, passes on what the terminal has sent to all: that is one signal. */
const ONE_SIGNAL_MS = 1_000;

/**
 * The first SIGTERM, SIGINT or SIGHUP calls `end`, and each one that comes more than a second later calls `again`, which
 * ends the process unless given. Returns what takes the handlers away.
 */
export function endOnSignal(
  end: (signal: NodeJS.Signals) => void,
  again: (signal: NodeJS.Signals) => void = () => process.exit(130),
): () => void {
  let ending: number | undefined;
  function receive(signal: NodeJS.Signals): void {
    if (ending === undefined) {
      ending = performance.now();
      end(signal);
    } else if (performance.now() - ending > ONE_SIGNAL_MS) {
      again(signal);
    }
  }
  for (const signal of SIGNALS) {
    process.on(signal, receive);
  }
  return () => {
    for (const signal of SIGNALS) {
      process.off(signal, receive);
    }
  };
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
