import { Worker } from "node:worker_threads";

/** A thread that looks at what the main one runs while that does not turn its event loop. */
export interface StackWatcher {
  /** The loop turns. */
  beat(): void;
  /** From now on for so long, in milliseconds; again: so long from then. */
  watchFor(ms: number): void;
  close(): void;
}

const MAX_FRAMES = 12;

/**
 * Text, since a bundle or a package has no file for it. The inspector's session lives in this process: nothing listens. V8 stops
 * the main thread between two operations of JavaScript, hands over the functions on its stack, and goes on, within a
 * millisecond; values are not asked for. The debugger is on in that moment alone, since code runs slower under it.
 */
const THREAD = `
const { parentPort, workerData } = require("node:worker_threads");
const { Session } = require("node:inspector");
const { beats, slowerThanMs, maxFrames } = workerData;
let seen = -1;
let since = performance.now();
let asked = false;
setInterval(() => {
  const now = Atomics.load(beats, 0);
  if (now !== seen) {
    seen = now;
    since = performance.now();
    asked = false;
  } else if (!asked && performance.now() - since >= slowerThanMs) {
    asked = true;
    look();
  }
}, Math.max(10, slowerThanMs / 4));
function look() {
  const session = new Session();
  const files = new Map();
  session.connectToMainThread();
  session.on("Debugger.scriptParsed", ({ params }) => files.set(params.scriptId, params.url));
  session.on("Debugger.paused", ({ params }) => {
    session.post("Debugger.resume", () => session.disconnect());
    parentPort.postMessage(params.callFrames.slice(0, maxFrames).map(({ functionName, location }) =>
      (functionName || "(anonymous)") + " (" + (files.get(location.scriptId) || "?") + ":" + (location.lineNumber + 1) + ")"));
  });
  session.post("Debugger.enable");
  session.post("Debugger.pause");
}
`;

export function createStackWatcher(
  slowerThanMs: number,
  onStack: (frames: readonly string[]) => void,
): StackWatcher {
  const beats = new Int32Array(new SharedArrayBuffer(4));
  let thread: Worker | null = null;
  let end: NodeJS.Timeout | undefined;

  function stop(): void {
    clearTimeout(end);
    void thread?.terminate();
    thread = null;
  }

  function start(): Worker {
    const workerData = { beats, slowerThanMs, maxFrames: MAX_FRAMES };
    const started = new Worker(THREAD, { eval: true, workerData, execArgv: [] });
    started.unref();
    started.on("message", onStack);
    // Without stacks stalls are told of all the same.
    started.on("error", () => stop());
    return started;
  }

  return {
    beat: () => void Atomics.add(beats, 0, 1),
    watchFor(ms) {
      thread ??= start();
      clearTimeout(end);
      end = setTimeout(stop, ms).unref();
    },
    close: stop,
  };
}
