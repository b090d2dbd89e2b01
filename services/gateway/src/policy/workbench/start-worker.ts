import { Worker } from "node:worker_threads";
import type { WorkerRequest, WorkerResponse } from "./messages.ts";

/** A thread that has Cedar to itself. */
export interface CedarWorker {
  /** One request after the other. Rejects with the signal's reason once it is aborted, and when the thread ends. */
  ask(request: WorkerRequest): Promise<WorkerResponse>;
  close(): Promise<void>;
}

/** JavaScript of a set that is tried stays small; what Cedar itself takes is bounded by the size of the texts. */
const LIMITS = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 32 };

/** Where Node keeps what it has compiled: a third of a start. */
const { NODE_COMPILE_CACHE } = process.env;

export function startCedarWorker(signal: AbortSignal): CedarWorker {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), {
    // It needs no secret, and no option of the process.
    env: NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE },
    execArgv: [],
    resourceLimits: LIMITS,
  });
  let settle: { resolve(response: WorkerResponse): void; reject(reason: unknown): void } | null = null;
  let ended: { readonly reason: unknown } | null = null;

  function end(reason: unknown): void {
    ended ??= { reason };
    settle?.reject(ended.reason);
    settle = null;
  }
  const onAbort = (): void => {
    end(signal.reason);
    void worker.terminate();
  };
  signal.addEventListener("abort", onAbort, { once: true });
  worker.on("message", (response: WorkerResponse) => {
    settle?.resolve(response);
    settle = null;
  });
  worker.on("error", end);
  worker.on("exit", () => {
    signal.removeEventListener("abort", onAbort);
    end(new Error("the thread of the policy set ended"));
  });
  if (signal.aborted) {
    onAbort();
  }

  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        if (ended !== null) {
          reject(ended.reason);
          return;
        }
        settle = { resolve, reject };
        worker.postMessage(request, []);
      }),
    async close() {
      await worker.terminate();
    },
  };
}
