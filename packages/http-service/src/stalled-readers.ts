import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Connections } from "./connections.ts";

const SWEEP_MS = 1_000;

/**
 * Cuts off clients that take nothing of what waits for them, for `timeoutMs`: all that is kept for them, here and at
 * the server behind, would stay for as long as they like. A stream on which there is nothing to send is not stalled.
 */
export function watchStalledReaders(
  connections: Connections,
  options: { readonly timeoutMs: number; stalled(connection: Socket): void },
): { close(): void } {
  const seen = new WeakMap<ServerResponse, { taken: number; since: number }>();

  function check(response: ServerResponse, now: number): void {
    const { socket } = response;
    // Behind another response on the same connection: that one is looked at.
    if (socket === null) {
      return;
    }
    const waiting = socket.writableLength;
    const taken = socket.bytesWritten - waiting;
    const before = seen.get(response);
    if (waiting === 0 || before === undefined || before.taken !== taken) {
      seen.set(response, { taken, since: now });
    } else if (now - before.since >= options.timeoutMs) {
      options.stalled(socket);
      socket.destroy();
    }
  }

  const timer = setInterval(
    () => {
      const now = performance.now();
      for (const response of connections.responses()) {
        check(response, now);
      }
    },
    Math.min(SWEEP_MS, options.timeoutMs),
  );
  timer.unref();
  return { close: () => clearInterval(timer) };
}
