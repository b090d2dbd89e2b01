/** Room for answers that the gateway has in hand until their clients have taken them: a share for each caller. */
export interface HeldBytes {
  /** For one answer of the caller. */
  open(caller: string): Hold;
}

export interface Hold {
  /** Resolves when there is room for so many bytes more; rejects when `signal` aborts first. */
  take(bytes: number, signal: AbortSignal): Promise<void>;
  /** Gives back all of it; further calls do nothing. */
  release(): void;
}

interface Answer {
  bytes: number;
  waiting: { readonly bytes: number; readonly go: () => void } | null;
}

interface Caller {
  bytes: number;
  /** In the order in which they were begun. */
  readonly answers: Set<Answer>;
}

/**
 * What is beyond the share of a caller stays with its server until others were taken. The oldest answer always has
 * room, so that of many that are half read one gets done; with it a caller has `maxPerCaller` and one answer more.
 */
export function createHeldBytes(maxPerCaller: number): HeldBytes {
  const callers = new Map<string, Caller>();

  function hasRoom(caller: Caller, answer: Answer, bytes: number): boolean {
    const [oldest] = caller.answers;
    return answer === oldest || caller.bytes + bytes <= maxPerCaller;
  }

  function add(caller: Caller, answer: Answer, bytes: number): void {
    answer.bytes += bytes;
    caller.bytes += bytes;
  }

  function letGo(caller: Caller): void {
    for (const answer of caller.answers) {
      const { waiting } = answer;
      if (waiting === null || !hasRoom(caller, answer, waiting.bytes)) continue;
      answer.waiting = null;
      add(caller, answer, waiting.bytes);
      waiting.go();
    }
  }

  return {
    open(name) {
      let caller = callers.get(name);
      if (caller === undefined) callers.set(name, (caller = { bytes: 0, answers: new Set() }));
      const held = caller;
      const answer: Answer = { bytes: 0, waiting: null };
      held.answers.add(answer);
      return {
        async take(bytes, signal) {
          if (hasRoom(held, answer, bytes)) return add(held, answer, bytes);
          signal.throwIfAborted();
          await new Promise<void>((resolve, reject) => {
            const end = () => {
              answer.waiting = null;
              reject(signal.reason as Error);
            };
            signal.addEventListener("abort", end, { once: true });
            const go = () => {
              signal.removeEventListener("abort", end);
              resolve();
            };
            answer.waiting = { bytes, go };
          });
        },
        release() {
          if (!held.answers.delete(answer)) return;
          held.bytes -= answer.bytes;
          if (held.answers.size === 0) callers.delete(name);
          else letGo(held);
        },
      };
    },
  };
}
