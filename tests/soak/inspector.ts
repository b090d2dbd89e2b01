import { once } from "node:events";

/** Node's inspector of another process, over its WebSocket. */
export interface Inspector {
  /** Collects garbage, and returns what is left of the heap, in bytes. */
  liveHeap(): Promise<number>;
  close(): void;
}

/** @param stderr what the process said, started with `--inspect=127.0.0.1:0` */
export async function connectInspector(stderr: string): Promise<Inspector> {
  const url = /Debugger listening on (ws:\S+)/.exec(stderr)?.[1];
  if (url === undefined) {
    throw new Error("the process was not started with --inspect");
  }
  const socket = new WebSocket(url);
  await once(socket, "open");
  const waiting = new Map<number, (result: unknown) => void>();
  let id = 0;
  socket.addEventListener("message", ({ data }) => {
    const message = JSON.parse(String(data)) as { id?: number; result?: unknown };
    waiting.get(message.id ?? 0)?.(message.result);
    waiting.delete(message.id ?? 0);
  });
  const ask = (method: string) =>
    new Promise<unknown>((resolve) => {
      id += 1;
      waiting.set(id, resolve);
      socket.send(JSON.stringify({ id, method }));
    });
  return {
    async liveHeap() {
      // What finalizers let go of is collected by the second one.
      await ask("HeapProfiler.collectGarbage");
      await ask("HeapProfiler.collectGarbage");
      return ((await ask("Runtime.getHeapUsage")) as { usedSize: number }).usedSize;
    },
    close: () => socket.close(),
  };
}
