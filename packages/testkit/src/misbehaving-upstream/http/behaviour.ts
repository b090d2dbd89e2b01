import type { IncomingMessage, ServerResponse } from "node:http";
import { wait, waitUntil } from "@sark/observability/waiting";
import { textResult, type Message } from "../proper-response.ts";

export interface Misconduct {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly message: Message;
  /** How much an enormous response is, in bytes. */
  readonly bytes: number;
  /** Pause between the pieces of what is slow or endless, in milliseconds. */
  readonly ms: number;
}

/** Responds to one request badly; returns when it has done its worst, which may be never. */
export type Behaviour = (misconduct: Misconduct) => void | Promise<void>;

export const JSON_TYPE = { "content-type": "application/json" };
export const SSE_TYPE = { "content-type": "text/event-stream", "cache-control": "no-cache" };

export function response(id: Message["id"], text = "well done"): string {
  return JSON.stringify({ jsonrpc: "2.0", id, result: textResult(text) });
}

export function progress(value: number): string {
  const params = { progressToken: 1, progress: value };
  return JSON.stringify({ jsonrpc: "2.0", method: "notifications/progress", params });
}

export function sseEvent(data: string): string {
  return `event: message\ndata: ${data}\n\n`;
}

/** Writes and waits until there is room for more; `false` once the caller has closed the connection. */
export async function write(res: ServerResponse, data: string | Buffer): Promise<boolean> {
  if (res.destroyed) {
    return false;
  }
  if (!res.write(data)) {
    await roomOrEnd(res);
  }
  return !res.destroyed;
}

function roomOrEnd(res: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      res.off("drain", done).off("close", done);
      resolve();
    };
    res.on("drain", done).on("close", done);
  });
}

/** Waits; `false` once the caller has left. */
export async function waitBefore(res: ServerResponse, ms: number): Promise<boolean> {
  await wait(ms);
  return !res.destroyed;
}

/** Drops the connection after everything written so far went out. */
export async function drop(res: ServerResponse): Promise<void> {
  await waitUntil(() => res.writableLength === 0 || res.destroyed, { everyMs: 1 });
  res.destroy();
}
