// Loaded into the process of a service before the service: faults of its own code, as the parent asks for them.
import { setPriority } from "node:os";
import { getHeapStatistics } from "node:v8";

/** `leak` to this share of what the heap may be, 0: no more; `burn` all the time of the thread, but for what waits for it. */
export interface InnerFault {
  readonly leak?: number;
  readonly burn?: boolean;
}

const CHUNK = 50_000;
/** Short, so that a scrape, which takes several turns of the event loop, is over before its limit. */
const ROUND_MS = 20;
/** Before all else: on a busy machine the thread would wait for a processor where it is to use one up. */
const FIRST = -15;
let kept: object[][] = [];
let leak = 0;
let burn = false;

/** Of MiB, as `--max-old-space-size` gives them: the heap may hold as many. */
const LIMIT_MIB = Number(process.env["INNER_FAULTS_HEAP"]);

function usedShare(): number {
  return getHeapStatistics().used_heap_size / (LIMIT_MIB * 1_048_576);
}

function round(): void {
  if (usedShare() < leak) {
    kept.push(Array.from({ length: CHUNK }, (_, at) => ({ at, leaked: true })));
  }
  if (!burn) {
    setTimeout(round, ROUND_MS).unref();
    return;
  }
  const until = performance.now() + ROUND_MS;
  while (performance.now() < until) {
    // The thread does nothing else.
  }
  // A timer would let it rest: a little, and on a busy machine long enough to stay below the thresholds.
  setImmediate(round);
}
round();

process.on("message", (fault: InnerFault) => {
  leak = fault.leak ?? leak;
  burn = fault.burn ?? burn;
  setPriority(burn ? FIRST : 0);
  if (leak === 0) {
    kept = [];
  }
});
process.channel?.unref();
